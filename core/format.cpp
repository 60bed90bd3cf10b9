#include "core/format.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace msync {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

template <class Predicate>
bool every(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

/// Takes exactly `digits` digits off the front; -1 if they are not there.
int take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits || !every(text.substr(0, digits), is_digit)) return -1;
  int value = 0;
  for (const char c : text.substr(0, digits)) value = value * 10 + (c - '0');
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// Calls `judge` for each piece between separators; false as soon as one is refused.
template <class Judge>
bool each_piece(std::string_view text, char separator, Judge judge) {
  while (true) {
    const std::size_t end = text.find(separator);
    if (!judge(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

// ---- RFC 3339 -------------------------------------------------------------------------------------------

int days_in(int year, int month) {
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool take_date(std::string_view& text) {
  const int year = take_number(text, 4);
  if (year < 0 || !take(text, "-")) return false;
  const int month = take_number(text, 2);
  if (month < 1 || month > 12 || !take(text, "-")) return false;
  const int day = take_number(text, 2);
  return day >= 1 && day <= days_in(year, month);
}

/// "Z" or "+01:00"; minutes east of Greenwich through `offset`.
bool take_offset(std::string_view& text, int& offset) {
  if (take(text, "zZ")) return true;
  const int sign = !text.empty() && text.front() == '-' ? -1 : 1;
  if (!take(text, "+-")) return false;
  const int hours = take_number(text, 2);
  if (hours < 0 || hours > 23 || !take(text, ":")) return false;
  const int minutes = take_number(text, 2);
  offset = sign * (hours * 60 + minutes);
  return minutes >= 0 && minutes <= 59;
}

bool take_time(std::string_view& text) {
  const int hour = take_number(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ":")) return false;
  const int minute = take_number(text, 2);
  if (minute < 0 || minute > 59 || !take(text, ":")) return false;
  const int second = take_number(text, 2);
  if (second < 0 || second > 60) return false;
  if (take(text, ".")) {
    const std::size_t digits = std::min(
        text.size(),
        static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin()));
    if (digits == 0) return false;
    text.remove_prefix(digits);
  }
  int offset = 0;
  if (!take_offset(text, offset)) return false;
  // A leap second is the last one of a day in UTC.
  constexpr int day = 24 * 60;
  return second < 60 || (hour * 60 + minute - offset + day) % day == day - 1;
}

bool is_date(std::string_view text) {
  return take_date(text) && text.empty();
}

bool is_time(std::string_view text) {
  return take_time(text) && text.empty();
}

bool is_date_time(std::string_view text) {
  return take_date(text) && take(text, "Tt") && take_time(text) && text.empty();
}

// ---- Addresses ------------------------------------------------------------------------------------------

bool is_ipv4(std::string_view text) {
  int parts = 0;
  return each_piece(text, '.',
                    [&](std::string_view digits) {
                      ++parts;
                      if (digits.empty() || digits.size() > 3) return false;
                      if (digits.size() > 1 && digits.front() == '0') return false;
                      const int value = take_number(digits, digits.size());
                      return value >= 0 && value <= 255;
                    }) &&
         parts == 4;
}

/// 16-bit groups in a run without "::"; an IPv4 address at the very end counts as two. -1: malformed.
int ipv6_groups(std::string_view text, bool at_end) {
  if (text.empty()) return 0;
  int groups = 0;
  std::size_t left = text.size();
  const bool ok = each_piece(text, ':', [&](std::string_view piece) {
    left -= std::min(left, piece.size() + 1);
    if (at_end && left == 0 && piece.find('.') != std::string_view::npos) {
      groups += 2;
      return is_ipv4(piece);
    }
    ++groups;
    return !piece.empty() && piece.size() <= 4 && every(piece, is_hex);
  });
  return ok ? groups : -1;
}

bool is_ipv6(std::string_view text) {
  constexpr std::size_t longest = 45;  // six groups and an IPv4 address
  if (text.size() > longest) return false;
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) return ipv6_groups(text, true) == 8;
  const int before = ipv6_groups(text.substr(0, gap), false);
  const int after = ipv6_groups(text.substr(gap + 2), true);
  return before >= 0 && after >= 0 && before + after <= 7;
}

bool is_domain(std::string_view text) {
  constexpr std::size_t longest_domain = 253;
  constexpr std::size_t longest_label = 63;
  return text.size() <= longest_domain && each_piece(text, '.', [](std::string_view label) {
           return !label.empty() && label.size() <= longest_label && label.front() != '-' &&
                  label.back() != '-' && every(label, [](char c) {
                    return is_letter(c) || is_digit(c) || c == '-' || (static_cast<unsigned char>(c) >= 0x80);
                  });
         });
}

bool is_quoted_local(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
  text = text.substr(1, text.size() - 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"' || static_cast<unsigned char>(text[i]) < 0x20) return false;
    if (text[i] == '\\' && ++i == text.size()) return false;
  }
  return true;
}

/// RFC 5321's Mailbox; letters beyond ASCII are let through (RFC 6531).
bool is_email(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return false;
  const std::string_view local = text.substr(0, at);
  std::string_view domain = text.substr(at + 1);
  const auto atom = [](std::string_view part) {
    return !part.empty() && every(part, [](char c) {
      return is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80 ||
             std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
    });
  };
  if (!is_quoted_local(local) && !each_piece(local, '.', atom)) return false;
  if (!domain.starts_with('[')) return is_domain(domain);
  if (!domain.ends_with(']')) return false;
  domain = domain.substr(1, domain.size() - 2);
  return domain.starts_with("IPv6:") ? is_ipv6(domain.substr(5)) : is_ipv4(domain);
}

bool is_uuid(std::string_view text) {
  constexpr std::size_t groups[] = {8, 4, 4, 4, 12};
  std::size_t index = 0;
  return each_piece(text, '-',
                    [&](std::string_view group) {
                      return index < std::size(groups) && group.size() == groups[index++] &&
                             every(group, is_hex);
                    }) &&
         index == std::size(groups);
}

// ---- RFC 3986 -------------------------------------------------------------------------------------------

/// Characters of a URI's parts, escapes complete; `extra` beyond unreserved and sub-delims.
bool is_uri_text(std::string_view text, std::string_view extra) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
      i += 2;
    } else if (!is_letter(c) && !is_digit(c) &&
               std::string_view("-._~!$&'()*+,;=").find(c) == std::string_view::npos &&
               extra.find(c) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

bool is_authority(std::string_view text) {
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    if (!is_uri_text(text.substr(0, at), ":")) return false;
    text.remove_prefix(at + 1);
  }
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || !is_ipv6(text.substr(1, end - 1))) return false;
    text.remove_prefix(end + 1);
    return text.empty() || (text.front() == ':' && every(text.substr(1), is_digit));
  }
  const std::size_t colon = text.find(':');
  if (!is_uri_text(text.substr(0, colon), "")) return false;
  return colon == std::string_view::npos || every(text.substr(colon + 1), is_digit);
}

bool is_uri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_letter(text.front())) return false;
  const auto in_scheme = [](char c) {
    return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  };
  if (!every(text.substr(0, colon), in_scheme)) return false;
  text.remove_prefix(colon + 1);
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos) {
    if (!is_uri_text(text.substr(hash + 1), ":@/?")) return false;
    text = text.substr(0, hash);
  }
  if (const std::size_t question = text.find('?'); question != std::string_view::npos) {
    if (!is_uri_text(text.substr(question + 1), ":@/?")) return false;
    text = text.substr(0, question);
  }
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    const std::size_t end = std::min(text.find('/'), text.size());
    if (!is_authority(text.substr(0, end))) return false;
    text.remove_prefix(end);
  }
  return is_uri_text(text, ":@/");
}

}  // namespace

FormatCheck format_check(std::string_view name) {
  constexpr std::pair<std::string_view, FormatCheck> known[] = {
      {"date-time", is_date_time}, {"date", is_date}, {"time", is_time}, {"email", is_email}, {"uri", is_uri},
      {"uuid", is_uuid},           {"ipv4", is_ipv4}, {"ipv6", is_ipv6},
  };
  const auto* found = std::find_if(std::begin(known), std::end(known),
                                   [&](const auto& entry) { return entry.first == name; });
  return found == std::end(known) ? nullptr : found->second;
}

}  // namespace msync
