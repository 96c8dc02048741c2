#include "assay/support/catalogue.hpp"

#include "assay/support/error.hpp"
#include "assay/support/quote.hpp"

namespace assay {

const CatalogueItem& find_item(const std::vector<CatalogueItem>& items, const std::string& name,
                               const std::string& file, const std::string& key) {
  std::vector<std::string> names;
  for (const CatalogueItem& item : items) {
    if (item.name == name) return item;
    names.push_back(item.name);
  }
  throw InputError(file, key, "unknown name " + in_quotes(name) + suggestion(name, names));
}

}  // namespace assay
