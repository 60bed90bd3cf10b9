// What a request's headers say of the answer's form, well and badly written.
#include "bridge/http/negotiation.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

bool gzip(std::vector<std::string> values) {
  HttpRequest request{"GET", "/", {}, "", "127.0.0.1", true};
  for (std::string& value : values) request.headers.emplace_back("accept-encoding", std::move(value));
  return accepts_gzip(request);
}

bool known(std::string value) {
  return has_already({"GET", "/", {{"if-none-match", std::move(value)}}, "", "", true}, "\"5\"");
}

TEST(HttpNegotiationTest, GzipIsForThoseWhoNameIt) {
  for (const char* value :
       {"gzip", "GZip", "x-gzip", "br, gzip", "deflate ,gzip;q=0.5", "gzip ; q=1.000", "*", "br;q=1, *;q=0.1",
        "gzip;q=0.5, identity;q=0.5", "identity;q=0, gzip;q=0.001"})
    EXPECT_TRUE(gzip({value})) << value;
  EXPECT_TRUE(gzip({"br", "gzip"})) << "two headers are one list";
}

TEST(HttpNegotiationTest, AndForNobodyElse) {
  EXPECT_FALSE(gzip({}));
  for (const char* value :
       {"", ",", "br", "gzipped", "gzi", "identity", "identity;q=0", "gzip;q=0", "gzip;q=0.000", "gzip; Q=0",
        "*;q=0", "*, gzip;q=0", "gzip;q=0.4, identity;q=0.5", "identity, gzip;q=0.9"})
    EXPECT_FALSE(gzip({value})) << value;
}

TEST(HttpNegotiationTest, AWeightThatIsNoneCountsAsNotWanted) {
  for (const char* value : {"gzip;q=", "gzip;q=2", "gzip;q=1.5", "gzip;q=0.1234", "gzip;q=-1", "gzip;q=.5",
                            "gzip;q=0x1", "gzip;q=1e0", "gzip;q=nan"})
    EXPECT_FALSE(gzip({value})) << value;
}

TEST(HttpNegotiationTest, WhatTheReaderHasIsNamedByItsTagInAList) {
  for (const char* value : {"\"5\"", "W/\"5\"", "\"4\", \"5\"", "\"4\" ,W/\"5\" ", "*"})
    EXPECT_TRUE(known(value)) << value;
  for (const char* value : {"", "5", "\"4\"", "\"55\"", "w/\"5\"", ","}) EXPECT_FALSE(known(value)) << value;
}

}  // namespace
}  // namespace msync
