/* mosquitto-sync: the client library's C interface. docs/clients.md, "C and C++", is its manual; sync.h beside it is a C++20
 * interface on top.
 *
 * Text is UTF-8 with its length; documents are JSON. A function that can fail returns an msync_code: what went wrong is then
 * in msync_error_message() and msync_error_path(), of the calling thread, until its next call. No function throws.
 *
 * Threads. Every function may be called from any thread. The library has one thread of its own on which all listeners are
 * called, one at a time: they must not wait. In a listener the functions marked "waits" answer MSYNC_IN_CALLBACK.
 *
 * Ownership. What a listener is given lives until it returns. What a function hands out is freed by the function that its
 * description names. Structures with `struct_size` are extended at their end: the caller sets it to the size that it knows. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define MSYNC_API
#else
#define MSYNC_API __attribute__((visibility("default")))
#endif

/* One database of one user on one device, and the connection that keeps it in step with the server. */
typedef struct msync_client msync_client;
typedef struct msync_transaction msync_transaction;
typedef struct msync_documents msync_documents;

typedef struct msync_text {
  const char* bytes; /* not terminated by NUL */
  size_t size;
} msync_text;

static inline msync_text msync_str(const char* text) {
  msync_text made;
  made.bytes = text;
  made.size = text != NULL ? strlen(text) : 0;
  return made;
}

typedef enum msync_code {
  MSYNC_OK = 0,
  MSYNC_INVALID = 1,   /* an argument, or a document that is no JSON object */
  MSYNC_BAD_ID = 2,    /* an id or a scope that cannot be one */
  MSYNC_TOO_LARGE = 3, /* more than the server takes */
  MSYNC_STORAGE = 4,   /* nothing was stored: the disk is full, or the database is in use or damaged */
  MSYNC_CLOSED = 5,
  MSYNC_PENDING = 6,    /* writes have not been sent yet */
  MSYNC_WRONG_USER = 7, /* the database is another user's */
  MSYNC_NOT_FOUND = 8,
  MSYNC_IN_CALLBACK = 9, /* it would wait for the thread that it was called on */
  MSYNC_BUSY = 10,       /* too much waits already */
  MSYNC_TIMEOUT = 11,
  MSYNC_INTERNAL = 12 /* no memory, or a fault of the library */
} msync_code;

MSYNC_API const char* msync_version(void);
/* Such as "bad_id". Never NULL. */
MSYNC_API const char* msync_code_name(msync_code code);
MSYNC_API msync_text msync_error_message(void);
/* JSON Pointer into the document, of MSYNC_INVALID; mostly empty. */
MSYNC_API msync_text msync_error_path(void);
/* For what is handed out as text. */
MSYNC_API void msync_text_free(msync_text text);

/* ---- Status ---------------------------------------------------------------------------------------------------------- */

typedef enum msync_state {
  MSYNC_OFFLINE = 0, /* no connection, or the server is away; the next attempt comes by itself */
  MSYNC_CONNECTING = 1,
  MSYNC_SYNCING = 2, /* something is asked for or unacknowledged */
  MSYNC_IDLE = 3,    /* everything is here and there */
  MSYNC_ERROR = 4    /* it cannot go on without help, and tries again all the same */
} msync_state;

typedef struct msync_status {
  size_t struct_size;
  msync_state state;
  uint64_t pending;        /* writes that the server has not acknowledged yet, of all open scopes */
  char error_code[32];     /* the last thing that went wrong, whether it still holds or not; empty: nothing */
  char error_message[256]; /* cut where it is longer */
} msync_status;

typedef enum msync_progress_state {
  MSYNC_LOADING = 0, /* until the scope has once been whole */
  MSYNC_READY = 1,
  MSYNC_DENIED = 2 /* it may not be read */
} msync_progress_state;

typedef struct msync_progress {
  size_t struct_size;
  msync_progress_state state;
  uint64_t seq;  /* the newest change that is here */
  uint64_t head; /* the newest that the server has told of */
} msync_progress;

/* What became of a write, as in docs/protocol.md, "ack". */
typedef enum msync_outcome {
  MSYNC_APPLIED = 0,
  MSYNC_MERGED = 1,
  MSYNC_SUPERSEDED = 2,
  MSYNC_CONFLICT = 3,
  MSYNC_REJECTED = 4,
  MSYNC_PROCESSED = 5
} msync_outcome;

/* ---- Listeners ------------------------------------------------------------------------------------------------------- */

/* All on the library's thread; any may be NULL but token_needed. */
typedef struct msync_listeners {
  size_t struct_size;
  void* context; /* given to each */
  /* Before each connection, each renewal, and before a token ends: answer by msync_give_token() or msync_no_token(), here or
   * later from any thread. */
  void (*token_needed)(void* context, msync_client* sync);
  void (*status_changed)(void* context, msync_client* sync);
  /* Documents of an open scope. count 0: all may have changed. */
  void (*documents_changed)(void* context, msync_client* sync, msync_text scope, const msync_text* ids,
                            size_t count);
  void (*progress_changed)(void* context, msync_client* sync, msync_text scope);
  /* The server has processed a write, and the view shows what came of it. `json` is the result as in an ack. */
  void (*write_settled)(void* context, msync_client* sync, msync_text scope, msync_text key,
                        msync_outcome outcome, msync_text json);
  /* A write that did not come to what was meant: one element of msync_problems(). Also at the start, for each that is
   * unsolved. */
  void (*problem_found)(void* context, msync_client* sync, msync_text json);
  /* The right to read a scope was taken away: its documents have left the device. */
  void (*scope_revoked)(void* context, msync_client* sync, msync_text scope, msync_text reason);
  /* Something went wrong; the library goes on by itself. The codes are in docs/clients.md. `scope` may be empty. */
  void (*error_occurred)(void* context, msync_client* sync, msync_text scope, msync_text code,
                         msync_text message);
  void (*peers_changed)(void* context, msync_client* sync, msync_text scope);
  void (*live_message)(void* context, msync_client* sync, msync_text scope, msync_text client,
                       msync_text json);
} msync_listeners;

/* ---- Its life -------------------------------------------------------------------------------------------------------- */

typedef struct msync_options {
  size_t struct_size;
  msync_text url;      /* mqtt://host:1883 or mqtts://host:8883 */
  msync_text user;     /* the token's; the database is this user's alone */
  msync_text database; /* a file, made where it does not exist; one process at a time */
  msync_text device;   /* 1 to 64 of [A-Za-z0-9_-]; empty: random, kept in the database */
  msync_text ca_file;  /* whom mqtts believes; empty: what the system trusts */
  msync_listeners listeners;
  int64_t (*clock)(
      void* context); /* the device's clock, ms since 1970; NULL: the system's. It need not be right */
  void* clock_context;
} msync_options;

/* Opens the database, connects, and keeps both in step until msync_close(). Works offline. Listeners may be called before it
 * returns. */
MSYNC_API msync_code msync_open(const msync_options* options, msync_client** sync);
/* Waits. Disconnects and frees; what is unsent stays in the database. After it no listener is called. NULL is fine. */
MSYNC_API msync_code msync_close(msync_client* sync);
/* Waits. Deletes the database: the user logs out. Unless `discard`, MSYNC_PENDING where writes were not sent yet, and all
 * stays as it is. What is left of `sync` is freed by msync_close(). */
MSYNC_API msync_code msync_wipe(msync_client* sync, int discard);
/* `<user>:<device>`; lives as long as `sync`. */
MSYNC_API msync_text msync_client_id(const msync_client* sync);

MSYNC_API msync_code msync_give_token(msync_client* sync, msync_text token);
MSYNC_API msync_code msync_no_token(msync_client* sync, msync_text why);
/* Asks for a token and presents it on this connection: the user's grants have changed. */
MSYNC_API msync_code msync_renew_token(msync_client* sync);

/* Waits. For mobile: the app goes to the background. Says goodbye; nothing is sent until msync_resume(). */
MSYNC_API msync_code msync_suspend(msync_client* sync);
MSYNC_API msync_code msync_resume(msync_client* sync);
/* What the system says of the network: 0, and no attempt is made; else, if it was offline, one is made at once. */
MSYNC_API msync_code msync_reachable(msync_client* sync, int is_reachable);

/* `status->struct_size` must be set. */
MSYNC_API msync_code msync_get_status(const msync_client* sync, msync_status* status);

/* ---- Scopes ---------------------------------------------------------------------------------------------------------- */

/* Waits. A scope, such as chat/42/messages, is read from the database, and kept in step from then on. `reads` 0: this user
 * may write, but not read. */
MSYNC_API msync_code msync_open_scope(msync_client* sync, msync_text scope, int reads);
MSYNC_API msync_code msync_get_progress(const msync_client* sync, msync_text scope, msync_progress* progress);

typedef struct msync_document {
  msync_text id;
  msync_text data;  /* JSON */
  uint64_t version; /* of the confirmed state; 0: the server has not stored it yet */
  int64_t ts;       /* when it was last written, ms */
  msync_text by;    /* the user who wrote it last; empty: this one, unconfirmed */
  int pending;      /* some of it the server has not confirmed */
} msync_document;

/* What is here now: the confirmed documents with the unsent writes on top. Freed by msync_documents_free(); it does not
 * change meanwhile. MSYNC_NOT_FOUND: no such document, or the scope is not open. */
MSYNC_API msync_code msync_get(const msync_client* sync, msync_text scope, msync_text id,
                               msync_documents** documents);
/* All, by id. */
MSYNC_API msync_code msync_get_all(const msync_client* sync, msync_text scope, msync_documents** documents);
MSYNC_API size_t msync_documents_count(const msync_documents* documents);
/* Lives as long as `documents`. 0 if there is no such index. */
MSYNC_API int msync_documents_at(const msync_documents* documents, size_t index, msync_document* document);
MSYNC_API void msync_documents_free(msync_documents* documents);

/* ---- Writing --------------------------------------------------------------------------------------------------------- */

/* The name of a write, terminated by NUL. */
#define MSYNC_KEY_SIZE 32
typedef struct msync_key {
  char text[MSYNC_KEY_SIZE];
} msync_key;

/* These wait until the write is durable on this device, offline too. `key` may be NULL. */
MSYNC_API msync_code msync_put(msync_client* sync, msync_text scope, msync_text id, msync_text json,
                               msync_key* key);
/* JSON Merge Patch: null removes; operators such as {"likes":{"$inc":1}} at the top level. */
MSYNC_API msync_code msync_patch(msync_client* sync, msync_text scope, msync_text id, msync_text json,
                                 msync_key* key);
MSYNC_API msync_code msync_delete(msync_client* sync, msync_text scope, msync_text id, msync_key* key);

/* Several writes to one scope, at most 100, wholly or not at all. One thread at a time. */
MSYNC_API msync_code msync_begin(msync_client* sync, msync_text scope, msync_transaction** transaction);
MSYNC_API msync_code msync_add_put(msync_transaction* transaction, msync_text id, msync_text json);
MSYNC_API msync_code msync_add_patch(msync_transaction* transaction, msync_text id, msync_text json);
MSYNC_API msync_code msync_add_delete(msync_transaction* transaction, msync_text id);
/* For properties with x-merge: counter, set. `json` is an array. */
MSYNC_API msync_code msync_add_increment(msync_transaction* transaction, msync_text id, msync_text property,
                                         double by);
MSYNC_API msync_code msync_add_to_set(msync_transaction* transaction, msync_text id, msync_text property,
                                      msync_text json);
MSYNC_API msync_code msync_add_remove_from_set(msync_transaction* transaction, msync_text id,
                                               msync_text property, msync_text json);
/* Waits until it is durable. Frees the transaction, whatever it answers; so do the next two. */
MSYNC_API msync_code msync_commit(msync_transaction* transaction, msync_key* key);
/* Does not wait: `durable` is called on the library's thread, with MSYNC_OK or why nothing was stored; not if this function
 * fails. Many of them are stored together. It may be NULL. Waits for room where 10,000 wait already. */
typedef void (*msync_durable)(void* context, msync_code code, msync_text message);
MSYNC_API msync_code msync_submit(msync_transaction* transaction, msync_key* key, msync_durable durable,
                                  void* context);
MSYNC_API void msync_rollback(msync_transaction* transaction);

/* ---- What became of writes ------------------------------------------------------------------------------------------- */

/* Waits, at most `timeout_ms`, for the outcome of a write of this process: MSYNC_TIMEOUT. `json` (NULL: not wanted) is the
 * result as in an ack, freed by msync_text_free(). 0 does not wait. */
MSYNC_API msync_code msync_wait(const msync_client* sync, msync_text key, int64_t timeout_ms,
                                msync_outcome* outcome, msync_text* json);

/* A JSON array of {"key","scope","status","at","group","meant":[operation],"error":{"code","message","path"}}: writes of open
 * scopes that did not come to what was meant, kept over restarts until the app says what becomes of them. Freed by
 * msync_text_free(). */
MSYNC_API msync_code msync_problems(const msync_client* sync, msync_text* json);
/* Waits, but not in a listener. Writes it again, on what stands now. */
MSYNC_API msync_code msync_retry(msync_client* sync, msync_text key);
/* Likewise. Forgets it. */
MSYNC_API msync_code msync_discard(msync_client* sync, msync_text key);

/* ---- Presence: relayed, never stored ----------------------------------------------------------------------------------- */

/* My state in a scope, any JSON, until it is taken back (empty) or the connection breaks. */
MSYNC_API msync_code msync_live_set(msync_client* sync, msync_text scope, msync_text json);
/* Something that happens once, any JSON. */
MSYNC_API msync_code msync_live_send(msync_client* sync, msync_text scope, msync_text json);
/* Listens to the others' states and messages, or no longer. */
MSYNC_API msync_code msync_live_watch(msync_client* sync, msync_text scope, int on);
/* A JSON array of {"client","state"}, ordered by client. Freed by msync_text_free(). */
MSYNC_API msync_code msync_live_peers(const msync_client* sync, msync_text scope, msync_text* json);

#ifdef __cplusplus
}
#endif
