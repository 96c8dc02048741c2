#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

struct sqlite3;
struct sqlite3_stmt;

namespace assay {

/// An SQLite file. Every failure is an InputError that begins with the file's name.
class Database {
 public:
  enum class Open { to_read, to_write };

  /// @param open    to_write makes the file when it is not there
  /// @param called  its name in messages; "": `path`
  Database(const std::filesystem::path& path, Open open, const std::filesystem::path& called = {});

  /// Statements without results.
  void run(const std::string& sql);
  /// The first value of the only row.
  std::int64_t integer(const std::string& sql);
  std::string text(const std::string& sql);
  std::int64_t last_id() const;

  [[noreturn]] void fail(const std::string& what) const;

 private:
  friend class Statement;
  [[noreturn]] void fail_as_sqlite_says() const;

  struct Close {
    void operator()(sqlite3* connection) const;
  };
  std::filesystem::path name_;
  std::unique_ptr<sqlite3, Close> connection_;
};

/// One statement with its parameters; bound and read in order.
class Statement {
 public:
  Statement(Database& database, const std::string& sql);

  Statement& bind(std::int64_t value);
  Statement& bind(double value);
  Statement& bind(const std::string& value);

  /// Goes to the next row. @return whether there is one
  bool next();
  /// Carries out a statement without results; its parameters may then be bound anew.
  void run();

  // Columns of the row at hand, from the left. @throws InputError when one is of another type
  std::int64_t integer();
  double real();
  std::string text();

 private:
  void check(int result);
  /// The next column. @throws InputError unless it is of this type
  int column(int type);

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0, read_ = 0;
};

/// All or nothing: without commit() what was written is taken back.
class Transaction {
 public:
  explicit Transaction(Database& database);
  Transaction(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace assay
