#pragma once

#include <string>
#include <string_view>

namespace assay {

/// A piece of somebody's input made fit for a one-line message: control characters escaped,
/// anything beyond `limit` bytes cut and marked by "...".
std::string shortened(std::string_view text, std::size_t limit = 40);

/// shortened() between single quotes.
std::string in_quotes(std::string_view text, std::size_t limit = 40);

}  // namespace assay
