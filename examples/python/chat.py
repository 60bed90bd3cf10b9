"""A chat room in Python, as proof that any language that can call C can use the library: nothing but ctypes.

  python3 chat.py LIBRARY URL USER DATABASE TOKEN_FILE ROOM [TEXT]

The classes below are msync.h's structures, as far as they are needed here: `struct_size` tells the library how far.
"""

import ctypes
import json
import sys
from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_char, c_int, c_int64, c_size_t, c_uint64, c_void_p


class Text(Structure):
    _fields_ = [("bytes", c_void_p), ("size", c_size_t)]

    @staticmethod
    def of(text):
        raw = text.encode()
        buffer = ctypes.create_string_buffer(raw, len(raw) + 1)
        made = Text(ctypes.cast(buffer, c_void_p), len(raw))
        made.buffer = buffer  # lives as long as the text
        return made

    def __str__(self):
        return ctypes.string_at(self.bytes, self.size).decode() if self.size else ""


TOKEN_NEEDED = CFUNCTYPE(None, c_void_p, c_void_p)


class Listeners(Structure):
    _fields_ = [("struct_size", c_size_t), ("context", c_void_p), ("token_needed", TOKEN_NEEDED)]
    _fields_ += [(name, c_void_p) for name in (
        "status_changed", "documents_changed", "progress_changed", "write_settled", "problem_found", "scope_revoked",
        "error_occurred", "peers_changed", "live_message")]


class Options(Structure):
    _fields_ = [("struct_size", c_size_t), ("url", Text), ("user", Text), ("database", Text), ("device", Text),
                ("ca_file", Text), ("listeners", Listeners), ("clock", c_void_p), ("clock_context", c_void_p)]


class Document(Structure):
    _fields_ = [("id", Text), ("data", Text), ("version", c_uint64), ("ts", c_int64), ("by", Text), ("pending", c_int)]


class Key(Structure):
    _fields_ = [("text", c_char * 32)]


def load(path):
    library = ctypes.CDLL(path)
    library.msync_error_message.restype = Text
    library.msync_give_token.argtypes = [c_void_p, Text]
    library.msync_no_token.argtypes = [c_void_p, Text]
    library.msync_open.argtypes = [POINTER(Options), POINTER(c_void_p)]
    library.msync_close.argtypes = [c_void_p]
    library.msync_open_scope.argtypes = [c_void_p, Text, c_int]
    library.msync_put.argtypes = [c_void_p, Text, Text, Text, POINTER(Key)]
    library.msync_wait.argtypes = [c_void_p, Text, c_int64, POINTER(c_int), POINTER(Text)]
    library.msync_text_free.argtypes = [Text]
    library.msync_get_all.argtypes = [c_void_p, Text, POINTER(c_void_p)]
    library.msync_documents_count.argtypes = [c_void_p]
    library.msync_documents_count.restype = c_size_t
    library.msync_documents_at.argtypes = [c_void_p, c_size_t, POINTER(Document)]
    library.msync_documents_free.argtypes = [c_void_p]
    return library


def main(path, url, user, database, token_file, room, text=None):
    library = load(path)

    def check(code):
        if code != 0:
            raise RuntimeError(str(library.msync_error_message()))

    @TOKEN_NEEDED
    def need_token(_context, sync):  # on the library's thread
        try:
            with open(token_file) as file:
                library.msync_give_token(sync, Text.of(file.read().strip()))
        except OSError as error:
            library.msync_no_token(sync, Text.of(str(error)))

    texts = [Text.of(url), Text.of(user), Text.of(database)]  # until it is open
    options = Options(ctypes.sizeof(Options), *texts)
    options.listeners = Listeners(ctypes.sizeof(Listeners), None, need_token)
    sync = c_void_p()
    check(library.msync_open(byref(options), byref(sync)))
    scope = Text.of(f"chat/{room}/messages")
    check(library.msync_open_scope(sync, scope, 1))

    def documents():
        found, each = c_void_p(), Document()
        check(library.msync_get_all(sync, scope, byref(found)))
        for i in range(library.msync_documents_count(found)):
            library.msync_documents_at(found, i, byref(each))
            yield str(each.id), json.loads(str(each.data)), bool(each.pending)
        library.msync_documents_free(found)

    if text is not None:
        key, outcome, result = Key(), c_int(), Text()
        ident = f"m{len(list(documents())) + 1:03}"
        check(library.msync_put(sync, scope, Text.of(ident), Text.of(json.dumps({"text": text})), byref(key)))
        if library.msync_wait(sync, Text.of(key.text.decode()), 10_000, byref(outcome), byref(result)) == 0:
            print(json.loads(str(result))["status"])
            library.msync_text_free(result)
        else:
            print("kept for later")
    for ident, data, pending in documents():
        print(ident, data["text"], "(unsent)" if pending else "")
    check(library.msync_close(sync))


if __name__ == "__main__":
    if len(sys.argv) < 7:
        sys.exit(__doc__)
    main(*sys.argv[1:])
