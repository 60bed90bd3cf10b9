// A phone's network, on this machine: a host of its own in a network namespace, joined by a link of 1 Mbit/s that
// delays each packet and loses some.
//
// Needs root, iproute2, iptables and NFQUEUE: this kernel may have no netem, so packets are held by a process of ours. Everything
// is gone with the object.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/system/support/process.h"

namespace msync::bench {

struct LinkQuality {
  int round_trip_ms = 100;
  int rate_kbit_s = 1000;
  double loss = 0.01;  // of the packets, in each direction
};

class SlowLink {
 public:
  /// Throws std::runtime_error with what this machine lacks.
  explicit SlowLink(const LinkQuality& quality);
  ~SlowLink();
  SlowLink(const SlowLink&) = delete;
  SlowLink& operator=(const SlowLink&) = delete;

  /// This side's address, for a broker to listen on.
  std::string address() const { return "10.77.0.1"; }

  /// A command as the far host runs it.
  std::vector<std::string> on_far_host(std::vector<std::string> command) const;

 private:
  void set_up(const LinkQuality& quality);

  std::string name_;
  std::vector<std::unique_ptr<test::Process>> queues_;
};

/// The body of the process that holds packets: those of this netfilter queue, until it is killed.
int hold_packets(int queue, int delay_ms, double loss);

}  // namespace msync::bench
