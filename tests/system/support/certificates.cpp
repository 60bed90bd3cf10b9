#include "tests/system/support/certificates.h"

#include <gtest/gtest.h>

#include "tests/system/support/process.h"
#include "tests/system/support/wait.h"

namespace msync::test {

void Certificates::openssl(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), "openssl");
  const auto made = run(std::move(arguments), {.directory = folder_});
  ASSERT_EQ(made.code, 0) << made.err;
}

void Certificates::authority(const std::string& name) const {
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
           "-subj", "/CN=" + name, "-keyout", name + ".key", "-out", name + ".crt"});
}

void Certificates::certificate(const std::string& name, const std::string& by,
                               const std::string& extension) const {
  write_file(file(name + ".ext"), extension + "\n");
  openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name,
           "-keyout", name + ".key", "-out", name + ".csr"});
  openssl({"x509", "-req", "-in", name + ".csr", "-CA", by + ".crt", "-CAkey", by + ".key", "-CAcreateserial",
           "-days", "2", "-extfile", name + ".ext", "-out", name + ".crt"});
}

}  // namespace msync::test
