// The file that --webhooks names: TOML, a [[webhook]] for each. docs/webhooks.md.
//
// Every mistake is reported, with file, place and remedy; if there is one, none of the webhooks may be used. A secret is
// read from its own file and never quoted. Any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/webhooks/webhook.h"
#include "core/collection.h"

namespace msync {

struct LoadedWebhooks {
  std::vector<WebhookConfig> webhooks;
  std::vector<Problem> problems;
};

/// The file, and the secrets that it names.
LoadedWebhooks load_webhooks(const std::string& file, const Collections& collections);

/// The same of a text. `read_key` gives the bytes of a secret's file.
LoadedWebhooks parse_webhooks(const std::string& file, const std::string& text,
                              const Collections& collections,
                              const std::function<Result<std::string>(const std::string&)>& read_key);

}  // namespace msync
