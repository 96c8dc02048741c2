#pragma once

#include <string>
#include <vector>

#include "assay/support/settings.hpp"

namespace assay {

/// What a catalogue says of one of its entries: enough to list it and to check its settings.
struct CatalogueItem {
  std::string name;
  std::string summary;
  std::vector<Parameter> parameters;
};

/// The item called `name`. @throws InputError (file, key) with the closest known name.
const CatalogueItem& find_item(const std::vector<CatalogueItem>& items, const std::string& name,
                               const std::string& file, const std::string& key);

}  // namespace assay
