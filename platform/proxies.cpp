#include "platform/proxies.h"

#include <cstdlib>

namespace msync {
namespace {

std::string& kept() {
  static std::string proxy;
  return proxy;
}

}  // namespace

// curl reads HTTPS_PROXY as well, but of the other only the small letters.
void keep_proxies_from_mqtt() {
  if (const char* proxy = std::getenv("http_proxy")) kept() = proxy;
  if (const char* proxy = std::getenv("https_proxy")) ::setenv("HTTPS_PROXY", proxy, 1);
  ::unsetenv("http_proxy");
  ::unsetenv("https_proxy");
}

const std::string& http_proxy() {
  return kept();
}

}  // namespace msync
