#include "bench/slow_link.h"

#include <arpa/inet.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <random>
#include <stdexcept>

namespace msync::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Held {
  Clock::time_point until;
  std::uint32_t id;
};

struct Holder {
  std::chrono::milliseconds delay;
  double loss;
  std::deque<Held> held;
  std::mt19937 dice{1};

  int take(nfq_q_handle* queue, nfq_data* data) {
    const std::uint32_t id = ntohl(nfq_get_msg_packet_hdr(data)->packet_id);
    if (std::uniform_real_distribution<>(0, 1)(dice) < loss)
      return nfq_set_verdict(queue, id, NF_DROP, 0, nullptr);
    held.push_back({Clock::now() + delay, id});
    return 0;
  }

  void release(nfq_q_handle* queue) {
    while (!held.empty() && held.front().until <= Clock::now()) {
      nfq_set_verdict(queue, held.front().id, NF_ACCEPT, 0, nullptr);
      held.pop_front();
    }
  }

  int wait_ms() const {
    if (held.empty()) return -1;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(held.front().until - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(0, left.count())) + 1;
  }
};

int on_packet(nfq_q_handle* queue, nfgenmsg*, nfq_data* data, void* holder) {
  return static_cast<Holder*>(holder)->take(queue, data);
}

void must(std::vector<std::string> command) {
  const auto finished = test::run(std::move(command));
  if (finished.code != 0) throw std::runtime_error("no slow link here: " + finished.err);
}

}  // namespace

int hold_packets(int number, int delay_ms, double loss) {
  Holder holder{std::chrono::milliseconds(delay_ms), loss, {}};
  nfq_handle* handle = nfq_open();
  nfq_q_handle* queue =
      handle ? nfq_create_queue(handle, static_cast<std::uint16_t>(number), on_packet, &holder) : nullptr;
  if (!queue) return 69;
  nfq_set_mode(queue, NFQNL_COPY_META, 0);
  nfq_set_queue_maxlen(queue, 65536);
  const int socket = nfq_fd(handle);
  char block[64 * 1024];
  while (true) {
    pollfd ready = {socket, POLLIN, 0};
    if (::poll(&ready, 1, holder.wait_ms()) > 0) {
      const ssize_t got = ::recv(socket, block, sizeof block, 0);
      if (got > 0) nfq_handle_packet(handle, block, static_cast<int>(got));
    }
    holder.release(queue);
  }
}

SlowLink::SlowLink(const LinkQuality& quality) : name_("msync-" + std::to_string(::getpid())) {
  if (::getuid() != 0) throw std::runtime_error("no slow link here: it takes root");
  try {
    set_up(quality);
  } catch (...) {
    test::run({"ip", "netns", "delete", name_});
    throw;
  }
}

SlowLink::~SlowLink() {
  for (auto& queue : queues_) queue->kill_hard();
  test::run({"ip", "netns", "delete", name_});
  test::run({"iptables", "-D", "OUTPUT", "-d", "10.77.0.2", "-j", "NFQUEUE", "--queue-num", "77"});
}

void SlowLink::set_up(const LinkQuality& quality) {
  const std::string rate = std::to_string(quality.rate_kbit_s) + "kbit";
  must({"ip", "netns", "add", name_});
  must({"ip", "link", "add", "msync-near", "type", "veth", "peer", "name", "msync-far", "netns", name_});
  must({"ip", "address", "add", "10.77.0.1/24", "dev", "msync-near"});
  must({"ip", "link", "set", "msync-near", "up"});
  must(on_far_host({"ip", "address", "add", "10.77.0.2/24", "dev", "msync-far"}));
  must(on_far_host({"ip", "link", "set", "msync-far", "up"}));
  must(on_far_host({"ip", "link", "set", "lo", "up"}));
  must({"tc", "qdisc", "add", "dev", "msync-near", "root", "tbf", "rate", rate, "burst", "16kb", "latency",
        "400ms"});
  must(on_far_host({"tc", "qdisc", "add", "dev", "msync-far", "root", "tbf", "rate", rate, "burst", "16kb",
                    "latency", "400ms"}));
  must({"iptables", "-A", "OUTPUT", "-d", "10.77.0.2", "-j", "NFQUEUE", "--queue-num", "77"});
  must(on_far_host({"iptables", "-A", "OUTPUT", "-d", "10.77.0.1", "-j", "NFQUEUE", "--queue-num", "78"}));
  const std::vector<std::string> hold = {
      "/proc/self/exe", "hold", "", std::to_string(quality.round_trip_ms / 2), std::to_string(quality.loss)};
  char self[4096] = {};
  if (::readlink("/proc/self/exe", self, sizeof self - 1) < 0) throw std::runtime_error("no /proc");
  for (const char* queue : {"77", "78"}) {
    std::vector<std::string> command = hold;
    command[0] = self;
    command[2] = queue;
    if (queue == std::string("78")) command = on_far_host(command);
    queues_.push_back(std::make_unique<test::Process>(command));
  }
}

std::vector<std::string> SlowLink::on_far_host(std::vector<std::string> command) const {
  command.insert(command.begin(), {"ip", "netns", "exec", name_});
  return command;
}

}  // namespace msync::bench
