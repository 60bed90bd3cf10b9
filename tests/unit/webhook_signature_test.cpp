#include "bridge/webhooks/signature.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

// The vector that the Standard Webhooks libraries are tested with.
constexpr const char* secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr const char* id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::int64_t timestamp_s = 1614265330;
constexpr const char* body = R"({"test": 2432232314})";
constexpr const char* signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

TEST(WebhookSignature, IsThatOfTheStandard) {
  const auto key = parse_webhook_key(std::string(secret) + "\n");
  ASSERT_TRUE(key.ok()) << key.error().message;
  EXPECT_EQ(webhook_signature({*key}, id, timestamp_s, body), signature);
  EXPECT_EQ(webhook_headers({*key}, id, timestamp_s, body),
            (std::vector<std::string>{"Content-Type: application/json", std::string("Webhook-Id: ") + id,
                                      "Webhook-Timestamp: 1614265330",
                                      std::string("Webhook-Signature: ") + signature}));
}

TEST(WebhookSignature, EachKeySignsWhileKeysChange) {
  const auto key = parse_webhook_key(secret);
  const std::string both = webhook_signature({std::string(32, 'x'), *key}, id, timestamp_s, body);
  EXPECT_TRUE(both.starts_with("v1,"));
  EXPECT_TRUE(both.ends_with(std::string(" ") + signature)) << both;
}

TEST(WebhookSignature, AKeyWithoutPrefixIsTheBytesOfTheFile) {
  const auto key = parse_webhook_key(std::string(32, 'k') + "\n");
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(*key, std::string(32, 'k'));
}

TEST(WebhookSignature, BadKeysAreRefusedUnquoted) {
  for (const std::string bad :
       {"", "short", "whsec_", "whsec_MfKQ9r8G", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La_aSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw!"}) {
    const auto key = parse_webhook_key(bad);
    ASSERT_FALSE(key.ok()) << bad;
    EXPECT_EQ(key.error().message.find("MfKQ"), std::string::npos);
  }
}

TEST(WebhookSignature, TheIdSaysWhatIsInIt) {
  EXPECT_EQ(webhook_id({"delta", "a", "1"}), webhook_id({"delta", "a", "1"}));
  EXPECT_NE(webhook_id({"delta", "a", "1"}), webhook_id({"delta", "a1", ""}));
  EXPECT_EQ(webhook_id({"x"}).find('.'), std::string::npos) << "a dot parts what is signed";
  EXPECT_EQ(webhook_id({"x"}).size(), 28U);
}

}  // namespace
}  // namespace msync
