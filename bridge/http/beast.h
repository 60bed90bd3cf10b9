// Boost.Beast, as server.cpp and gateway.cpp use it. Slow to compile: for nobody else.
#pragma once

#include <boost/asio.hpp>
#include <boost/beast.hpp>

namespace msync {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using tcp = boost::asio::ip::tcp;

}  // namespace msync
