// Authorities and certificates for one test, made by openssl in a folder of the test's.
//
//   Certificates made(broker.folder().path());
//   made.authority("ca");
//   made.certificate("broker", "ca", "subjectAltName=IP:127.0.0.1");   // broker.crt and broker.key
#pragma once

#include <string>
#include <vector>

namespace msync::test {

class Certificates {
 public:
  explicit Certificates(std::string folder) : folder_(std::move(folder)) {}

  /// Each fails the test if openssl does not make it.
  void authority(const std::string& name) const;
  void certificate(const std::string& name, const std::string& by, const std::string& extension) const;

  std::string file(const std::string& name) const { return folder_ + "/" + name; }

 private:
  void openssl(std::vector<std::string> arguments) const;

  std::string folder_;
};

}  // namespace msync::test
