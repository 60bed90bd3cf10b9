/* A chat room in C: says something, waits for the server's word, prints the room.
 *
 *   chat URL USER DATABASE TOKEN_FILE ROOM [TEXT]
 *
 * Offline it says so and keeps the message: the next run sends it.
 *   cc -I client/cpp chat.c -lmosquitto_sync_client */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msync.h"

struct app {
  const char* token_file;
};

/* On the library's thread, as all listeners. */
static void need_token(void* context, msync_client* sync) {
  const struct app* app = context;
  char token[8192];
  FILE* file = fopen(app->token_file, "r");
  size_t size = file != NULL ? fread(token, 1, sizeof token, file) : 0;
  if (file != NULL) fclose(file);
  while (size > 0 && token[size - 1] == '\n') --size;
  if (size == 0) {
    msync_no_token(sync, msync_str("the token's file cannot be read"));
  } else {
    msync_text text = {token, size};
    msync_give_token(sync, text);
  }
}

static void problem_found(void* context, msync_client* sync, msync_text json) {
  (void)context;
  (void)sync;
  printf("not stored as meant: %.*s\n", (int)json.size, json.bytes);
}

static int failed(const char* what) {
  msync_text message = msync_error_message();
  fprintf(stderr, "%s: %.*s\n", what, (int)message.size, message.bytes);
  return EXIT_FAILURE;
}

/* A JSON string of any text. */
static void quote(const char* text, char* to, size_t size) {
  size_t used = 0;
  for (; *text != '\0' && used + 8 < size; ++text) {
    if (*text == '"' || *text == '\\') to[used++] = '\\';
    if ((unsigned char)*text >= 0x20) to[used++] = *text;
  }
  to[used] = '\0';
}

static int say(msync_client* sync, msync_text scope, const char* text) {
  char quoted[4096], json[4200], id[64];
  msync_key key;
  msync_outcome outcome;
  msync_code code;
  msync_documents* all = NULL;
  quote(text, quoted, sizeof quoted);
  snprintf(json, sizeof json, "{\"text\":\"%s\"}", quoted);
  if (msync_get_all(sync, scope, &all) != MSYNC_OK) return failed("reading");
  snprintf(id, sizeof id, "m%03zu", msync_documents_count(all) + 1);
  msync_documents_free(all);
  /* Durable on this device when it returns, online or not. */
  if (msync_put(sync, scope, msync_str(id), msync_str(json), &key) != MSYNC_OK) return failed("writing");
  code = msync_wait(sync, msync_str(key.text), 10000, &outcome, NULL);
  if (code == MSYNC_TIMEOUT) {
    printf("kept for later\n");
  } else if (code == MSYNC_OK) {
    printf("%s\n", outcome == MSYNC_APPLIED ? "stored" : "not stored as it was");
  } else {
    return failed("waiting");
  }
  return EXIT_SUCCESS;
}

static int print_room(msync_client* sync, msync_text scope) {
  msync_documents* all = NULL;
  msync_document each;
  size_t i;
  if (msync_get_all(sync, scope, &all) != MSYNC_OK) return failed("reading");
  for (i = 0; msync_documents_at(all, i, &each); ++i) {
    printf("%.*s %.*s%s\n", (int)each.id.size, each.id.bytes, (int)each.data.size, each.data.bytes,
           each.pending ? " (unsent)" : "");
  }
  msync_documents_free(all);
  return EXIT_SUCCESS;
}

int main(int argc, char** argv) {
  struct app app;
  char scope[256];
  msync_options options = {0};
  msync_client* sync = NULL;
  int result;
  if (argc < 6) {
    fprintf(stderr, "usage: %s URL USER DATABASE TOKEN_FILE ROOM [TEXT]\n", argv[0]);
    return 64;
  }
  app.token_file = argv[4];
  options.struct_size = sizeof options;
  options.url = msync_str(argv[1]);
  options.user = msync_str(argv[2]);
  options.database = msync_str(argv[3]);
  options.listeners.struct_size = sizeof options.listeners;
  options.listeners.context = &app;
  options.listeners.token_needed = need_token;
  options.listeners.problem_found = problem_found;
  if (msync_open(&options, &sync) != MSYNC_OK) return failed("opening");
  snprintf(scope, sizeof scope, "chat/%s/messages", argv[5]);
  result =
      msync_open_scope(sync, msync_str(scope), 1) == MSYNC_OK ? EXIT_SUCCESS : failed("opening the room");
  if (result == EXIT_SUCCESS && argc > 6) result = say(sync, msync_str(scope), argv[6]);
  if (result == EXIT_SUCCESS) result = print_room(sync, msync_str(scope));
  msync_close(sync);
  return result;
}
