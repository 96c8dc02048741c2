#pragma once

#include <string>
#include <vector>

#include "assay/support/error.hpp"
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

/// The items of a list of catalogue entries; an entry is a struct with a member `item`.
template <class Entry>
std::vector<CatalogueItem> items_of(const std::vector<Entry>& entries) {
  std::vector<CatalogueItem> items;
  for (const Entry& entry : entries) items.push_back(entry.item);
  return items;
}

/// The entry called `name`. @throws InputError naming `key` when there is none
template <class Entry>
const Entry& find_entry(const std::vector<Entry>& entries, const std::string& name,
                        const std::string& key) {
  for (const Entry& entry : entries)
    if (entry.item.name == name) return entry;
  throw InputError("", key, "'" + name + "' does not exist in this scalar");
}

}  // namespace assay
