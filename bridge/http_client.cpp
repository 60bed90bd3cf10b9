#include "bridge/http_client.h"

#include <curl/curl.h>

#include <algorithm>

#include "platform/proxies.h"

namespace msync {
namespace {

/// A server may ask for a pause of so many seconds; more is the same as for ever.
constexpr curl_off_t longest_pause_s = 86'400;

std::size_t take(char* data, std::size_t size, std::size_t count, void* into) {
  auto& [answer, max_bytes] = *static_cast<std::pair<HttpAnswer, std::size_t>*>(into);
  const std::size_t bytes = size * count;
  const std::size_t room = max_bytes - answer.body.size();
  answer.body.append(data, std::min(bytes, room));
  answer.cut = bytes > room;
  return answer.cut ? 0 : bytes;
}

int progress(void* of, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& request = *static_cast<const HttpCall*>(of);
  return request.interrupted && request.interrupted() ? 1 : 0;
}

Error failed(const std::string& why) {
  return {Code::bad_config, why, ""};
}

/// Never undone: other threads may be at it when the process ends.
bool curl_is_ready() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

/// What went wrong, in words that are the same the next time.
std::string reason(CURLcode code, const char* longer) {
  // In these two the longer text has a time in it, another one each time.
  const bool in_short = code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT || longer[0] == 0;
  return in_short ? curl_easy_strerror(code) : longer;
}

using Headers = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

Headers headers_of(const HttpCall& request) {
  Headers list(nullptr, curl_slist_free_all);
  const auto add = [&list](const char* line) {
    if (curl_slist* longer = curl_slist_append(list.get(), line)) {
      static_cast<void>(list.release());
      list.reset(longer);
    }
  };
  for (const std::string& header : request.headers) add(header.c_str());
  if (request.method == "POST") add("Expect:");  // no waiting for a "100 Continue" that few servers send
  return list;
}

}  // namespace

struct HttpClient::Handle {
  CURL* curl = curl_is_ready() ? curl_easy_init() : nullptr;
  Handle() = default;
  ~Handle() { curl_easy_cleanup(curl); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  template <class T>
  void set(CURLoption option, T value) {
    curl_easy_setopt(curl, option, value);
  }

  void prepare(const HttpCall& request) {
    curl_easy_reset(curl);  // the connection stays
    const char* scheme = request.url.starts_with("https://") ? "https" : "http";
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, scheme);
    set(CURLOPT_REDIR_PROTOCOLS_STR, scheme);
    set(CURLOPT_FOLLOWLOCATION, request.redirects > 0 && request.method == "GET" ? 1L : 0L);
    set(CURLOPT_MAXREDIRS, static_cast<long>(request.redirects));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout_ms));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_USERAGENT, "mosquitto-sync");
    if (request.url.starts_with("http://") && !http_proxy().empty()) set(CURLOPT_PROXY, http_proxy().c_str());
    if (!request.ca_file.empty()) set(CURLOPT_CAINFO, request.ca_file.c_str());
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, progress);
    set(CURLOPT_XFERINFODATA, &request);
    if (request.method != "POST") return;
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDS, request.body.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
};

HttpClient::HttpClient() : handle_(std::make_unique<Handle>()) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

Result<HttpAnswer> HttpClient::send(const HttpCall& request) {
  if (!is_http_url(request.url)) return failed("must begin with https:// or http://, and name a host");
  if (handle_->curl == nullptr) return failed("libcurl does not work here");
  std::pair<HttpAnswer, std::size_t> taken{{}, request.max_bytes};
  char why[CURL_ERROR_SIZE] = "";
  const Headers headers = headers_of(request);
  handle_->prepare(request);
  handle_->set(CURLOPT_HTTPHEADER, headers.get());
  handle_->set(CURLOPT_ERRORBUFFER, why);
  handle_->set(CURLOPT_WRITEFUNCTION, take);
  handle_->set(CURLOPT_WRITEDATA, &taken);
  const CURLcode code = curl_easy_perform(handle_->curl);
  handle_->set(CURLOPT_ERRORBUFFER, static_cast<char*>(nullptr));
  HttpAnswer& answer = taken.first;
  if (code != CURLE_OK && !answer.cut) return failed(reason(code, why));
  long status = 0;
  curl_off_t retry_after_s = 0;
  curl_easy_getinfo(handle_->curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(handle_->curl, CURLINFO_RETRY_AFTER, &retry_after_s);
  answer.status = static_cast<int>(status);
  answer.retry_after_ms = 1000 * std::clamp<curl_off_t>(retry_after_s, 0, longest_pause_s);
  return std::move(answer);
}

bool is_http_url(const std::string& url) {
  std::size_t host = 0;
  if (url.starts_with("https://")) host = 8;
  if (url.starts_with("http://")) host = 7;
  if (host == 0) return false;
  const std::size_t end = std::min(url.find_first_of("/?#", host), url.size());
  const bool plain =
      std::all_of(url.begin(), url.end(), [](unsigned char byte) { return byte > ' ' && byte < 0x7F; });
  return plain && end > host && url[host] != ':' &&
         url.substr(host, end - host).find('@') == std::string::npos;
}

Result<std::string> http_get(HttpCall request) {
  request.redirects = 3;
  const auto fail = [&request](const std::string& why) { return failed(request.url + ": " + why); };
  auto answer = HttpClient().send(request);
  if (!answer) return fail(answer.error().message);
  if (answer->cut) return fail("is larger than " + std::to_string(request.max_bytes) + " bytes");
  if (answer->status != 200) return fail("the answer is " + std::to_string(answer->status));
  return std::move(answer->body);
}

}  // namespace msync
