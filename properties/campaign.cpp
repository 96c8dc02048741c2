#include "properties/campaign.hpp"

#include <rapidcheck/Gen.h>
#include <rapidcheck/seq/Create.h>
#include <rapidcheck/seq/Transform.h>
#include <rapidcheck/shrinkable/Create.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "properties/shrink.hpp"

namespace assay::properties {

namespace {

/// FNV-1a: keys the cases of a property by its name, not by its place in the catalogue.
std::uint64_t hashed(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

rc::Shrinkable<Case> shrinkable(const Case& c) {
  return rc::shrinkable::shrinkRecur(c, [](const Case& from) {
    return rc::seq::filter(rc::seq::fromContainer(shrink_candidates(from)), is_valid);
  });
}

/// The generator as RapidCheck has them: a value with the tree of its simpler relatives.
rc::Gen<Case> generator(const Property& property) {
  return rc::Gen<Case>([generate = property.generate](const rc::Random& random, int size) {
    Source source(random, size);
    return shrinkable(generate(source));
  });
}

/// Sizes 0 .. largest, small ones more often: they are cheap and find most.
int size_of_case(long number, int largest) {
  const long k = number % 101;
  return static_cast<int>(k * k * largest / 10000);
}

rc::Shrinkable<Case> numbered(const Property& property, const Property::Typed& typed,
                              std::uint64_t seed, long number) {
  const rc::Random random(
      rc::Random::Key{seed, hashed(property.name), static_cast<std::uint64_t>(number), 0});
  return generator(property)(random, size_of_case(number, typed.largest));
}

/// Descends to the first simpler relative that fails alike until none does. The limit bounds the
/// time that one failure may take; what is left then is still a failure.
Case shrunk(rc::Shrinkable<Case> tree, Property::Law law, const std::string& failure) {
  constexpr int most_checks = 3000;
  int checks = 0;
  for (bool smaller = true; smaller && checks < most_checks;) {
    smaller = false;
    auto relatives = tree.shrinks();
    for (auto next = relatives.next(); next && checks < most_checks; next = relatives.next()) {
      ++checks;
      const Verdict verdict = judge(law, next->value());
      if (verdict.kind == Verdict::Kind::fails && verdict.failure == failure) {
        tree = *next;
        smaller = true;
        break;
      }
    }
  }
  return tree.value();
}

void merge(const std::map<std::string, double>& from, std::map<std::string, double>& into) {
  for (const auto& [what, share] : from) into[what] = std::max(into[what], share);
}

/// The cases first .. last-1, one after the other.
CampaignReport run_block(const Property& property, const Property::Typed& typed, std::uint64_t seed,
                         long first, long last) {
  CampaignReport report;
  for (long number = first; number < last; ++number) {
    const rc::Shrinkable<Case> tree = numbered(property, typed, seed, number);
    const Verdict verdict = judge(typed.law, tree.value());
    if (verdict.kind == Verdict::Kind::holds) {
      ++report.held;
      report.assertions += verdict.assertions;
      merge(verdict.shares, report.shares);
    } else if (verdict.kind == Verdict::Kind::discarded) {
      ++report.discarded;
    } else {
      ++report.failed;
      const bool known =
          std::any_of(report.failures.begin(), report.failures.end(),
                      [&](const Failure& failure) { return failure.failure == verdict.failure; });
      if (known) continue;
      Failure failure{number, shrunk(tree, typed.law, verdict.failure), verdict.failure, ""};
      failure.message = judge(typed.law, failure.test_case).message;
      report.failures.push_back(std::move(failure));
    }
  }
  return report;
}

}  // namespace

Verdict judge(Property::Law law, const Case& c) {
  Verdict verdict;
  Check check;
  try {
    law(c, check);
    verdict.shares = check.shares();
    verdict.assertions = check.assertions();
  } catch (const Violation& violation) {
    verdict.kind = Verdict::Kind::fails;
    verdict.failure = violation.failure;
    verdict.message = violation.message;
  } catch (const Discard& discard) {
    verdict.kind = Verdict::Kind::discarded;
    verdict.message = discard.why;
  } catch (const CaseError&) {
    throw;
  } catch (const std::exception& error) {
    verdict.kind = Verdict::Kind::fails;
    verdict.failure = "an exception";
    verdict.message = std::string("an exception: ") + error.what();
  }
  return verdict;
}

bool mostly_left_out(const CampaignReport& report, long least) {
  return report.cases() >= least && 2 * report.discarded > report.cases();
}

Case generate_case(const Property& property, const Property::Typed& typed, std::uint64_t seed,
                   long number) {
  return numbered(property, typed, seed, number).value();
}

Case shrink_failure(Property::Law law, const Case& c, const std::string& failure) {
  return shrunk(shrinkable(c), law, failure);
}

CampaignReport run_campaign(const Property& property, const std::string& scalar,
                            const CampaignOptions& options) {
  const Property::Typed& typed = find_law(property, scalar, "", "scalar");
  std::map<long, CampaignReport> blocks;  // by number: their order does not depend on threads
  std::mutex mutex;
  long next = options.shard, done = 0;
  bool stopped = false;
  std::exception_ptr error;

  const auto work = [&] {
    for (;;) {
      long block;
      {
        const std::lock_guard lock(mutex);
        if (error || stopped) return;
        if (options.cases >= 0 && next * campaign_block >= options.cases) return;
        if (options.stop && options.stop()) {
          stopped = true;
          return;
        }
        block = next;
        next += options.shards;
      }
      const long first = block * campaign_block;
      long last = first + campaign_block;
      if (options.cases >= 0) last = std::min(last, options.cases);
      try {
        CampaignReport report = run_block(property, typed, options.seed, first, last);
        const std::lock_guard lock(mutex);
        blocks[block] = std::move(report);
        done += last - first;
        if (options.progress) options.progress(done);
      } catch (...) {
        const std::lock_guard lock(mutex);
        error = std::current_exception();
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < options.jobs; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  if (error) std::rethrow_exception(error);

  CampaignReport total;
  total.stopped = stopped;
  for (auto& [number, block] : blocks) {
    total.held += block.held;
    total.discarded += block.discarded;
    total.failed += block.failed;
    total.assertions += block.assertions;
    merge(block.shares, total.shares);
    for (Failure& failure : block.failures) total.failures.push_back(std::move(failure));
  }
  return total;
}

}  // namespace assay::properties
