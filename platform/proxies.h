// The environment's proxies (http_proxy, https_proxy, no_proxy) are for HTTP: webhooks and issuers' keys.
//
// The MQTT library would go to the broker through them, too, whatever no_proxy says, and few proxies let it. So they are
// taken out of its sight before it looks.
#pragma once

#include <string>

namespace msync {

/// At the start of main(), before there are threads.
void keep_proxies_from_mqtt();

/// What http_proxy was then; empty if there was none. curl finds the others by itself.
const std::string& http_proxy();

}  // namespace msync
