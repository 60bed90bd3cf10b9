#include "bridge/http_get.h"

#include <curl/curl.h>

#include <memory>

namespace msync {
namespace {

struct Body {
  std::string bytes;
  std::size_t max_bytes = 0;
  bool too_large = false;
};

std::size_t take(char* data, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<Body*>(into);
  body.too_large = body.bytes.size() + size * count > body.max_bytes;
  if (body.too_large) return 0;
  body.bytes.append(data, size * count);
  return size * count;
}

int progress(void* of, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& get = *static_cast<const HttpGet*>(of);
  return get.interrupted && get.interrupted() ? 1 : 0;
}

Error failed(const HttpGet& get, const std::string& why) {
  return {Code::bad_config, get.url + ": " + why, ""};
}

/// Never undone: other threads may be at it when the process ends.
bool curl_is_ready() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

}  // namespace

Result<std::string> http_get(const HttpGet& get) {
  const bool secure = get.url.starts_with("https://");
  if (!secure && !get.url.starts_with("http://")) return failed(get, "must begin with https:// or http://");
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_is_ready() ? curl_easy_init() : nullptr,
                                                                 curl_easy_cleanup);
  if (!curl) return failed(get, "libcurl does not work here");
  Body body{{}, get.max_bytes, false};
  char why[CURL_ERROR_SIZE] = "";
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
  set(CURLOPT_URL, get.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, secure ? "https" : "http");
  set(CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http");
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, 3L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(get.timeout_ms));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_USERAGENT, "mosquitto-sync");
  set(CURLOPT_ERRORBUFFER, why);
  set(CURLOPT_WRITEFUNCTION, take);
  set(CURLOPT_WRITEDATA, &body);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, progress);
  set(CURLOPT_XFERINFODATA, &get);
  const CURLcode code = curl_easy_perform(curl.get());
  if (body.too_large) return failed(get, "is larger than " + std::to_string(get.max_bytes) + " bytes");
  if (code != CURLE_OK) {
    // In these two the longer text has a time in it, another one each time.
    const bool in_short = code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT || why[0] == 0;
    return failed(get, in_short ? curl_easy_strerror(code) : why);
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return failed(get, "the answer is " + std::to_string(status));
  return std::move(body.bytes);
}

}  // namespace msync
