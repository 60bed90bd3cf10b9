// Reading over HTTP: a document, a scope's documents page by page, an entity's history.
//
// Plain functions of a view: no thread, no clock, no network. Whether the caller may is judged before.
#pragma once

#include "bridge/http/message.h"
#include "bridge/http/router.h"
#include "bridge/store/store.h"

namespace msync {

/// The document, with its version as ETag; 304 where If-None-Match names it; 404.
HttpResponse get_document(View& view, const Route& route, const HttpRequest& request);

/// {"scope","epoch","head","documents":[{"id","version","seq","ts","by","data"},…],"next":id}: in the order of ids (as
/// bytes), after the parameter `after`, at most `limit`; `next` is the `after` of the next page, missing on the last.
/// One page is one view; between pages the scope may change, which `head` shows.
HttpResponse list_documents(View& view, const Route& route, const std::string& epoch);

/// A page ends after so many rows, whatever they were: a scope may be mostly tombstones, and whoever asks for it keeps all
/// others waiting, 20 ms or so. Then a page is short, or empty, and has a `next` nevertheless.
inline constexpr std::size_t listing_rows = 10'000;

/// {"id","history":[{"seq","version","op","at","ts","user","src","n","before","after"},…],"next":seq}: oldest first, from
/// the seq in the parameter `after` on. Empty where the collection keeps none.
HttpResponse get_history(View& view, const Route& route);

/// `"5"`: a version as an entity tag.
std::string entity_tag(std::uint64_t version);

/// The version in an entity tag of ours, nothing for any other (a weak one never equals).
std::optional<std::uint64_t> version_of(std::string_view tag);

}  // namespace msync
