// One request's way back: an answer, or a stream that lasts. The server implements it for a connection, tests by hand.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bridge/http/message.h"

namespace msync {

class Exchange {
 public:
  virtual ~Exchange() = default;

  /// The answer. Any thread; the first call counts, later ones do nothing.
  virtual void respond(HttpResponse&& response) = 0;

  /// The head of an answer that never ends, in the place of respond(). `drained` is called on the server's thread each
  /// time when all that was given to send() is with the peer, and once when the peer is gone. Any thread.
  virtual void start_stream(HttpResponse&& head, std::function<void()> drained) = 0;

  /// A part of the stream. The caller waits for `drained` before it gives more than a little: nothing is dropped here. Any
  /// thread.
  virtual void send(std::shared_ptr<const std::string> part) = 0;

  /// The end of the stream, after what was given to send(). Any thread.
  virtual void end_stream() = 0;

  /// Parts that are not yet with the peer. Any thread.
  virtual std::size_t unsent() const = 0;

  /// Nobody is there any more. Any thread.
  virtual bool gone() const = 0;
};

}  // namespace msync
