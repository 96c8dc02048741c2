#include "assay/perf/database.hpp"

#include <sqlite3.h>

#include "assay/support/error.hpp"

namespace assay {

void Database::Close::operator()(sqlite3* connection) const { sqlite3_close(connection); }
void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Database::Database(const std::filesystem::path& path, Open open,
                   const std::filesystem::path& called)
    : name_(called.empty() ? path : called) {
  // To read, too, it has to be writable: SQLite undoes first what a killed process left half done.
  // Where it may not be written to, this opens it for reading alone.
  const int flags = SQLITE_OPEN_READWRITE | (open == Open::to_write ? SQLITE_OPEN_CREATE : 0);
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) fail("is a folder");
  sqlite3* connection = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
  connection_.reset(connection);
  if (!connection) fail("out of memory");
  if (result != SQLITE_OK) fail_as_sqlite_says();
  sqlite3_extended_result_codes(connection, 1);
  sqlite3_busy_timeout(connection, 10'000);  // another record is being stored
}

void Database::fail(const std::string& what) const { throw InputError(name_.string(), "", what); }

void Database::fail_as_sqlite_says() const {
  const int error = sqlite3_extended_errcode(connection_.get());
  switch (error & 0xff) {
    case SQLITE_NOTADB:
      fail("is not an SQLite database");
    case SQLITE_CORRUPT:
      fail("is damaged: " + std::string(sqlite3_errmsg(connection_.get())));
    case SQLITE_CANTOPEN:
      fail("cannot be opened");
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
      fail("cannot be read or written: " + std::string(sqlite3_errmsg(connection_.get())));
    default:
      fail("SQLite: " + std::string(sqlite3_errmsg(connection_.get())));
  }
}

void Database::run(const std::string& sql) {
  if (sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    fail_as_sqlite_says();
}

std::int64_t Database::integer(const std::string& sql) {
  Statement statement(*this, sql);
  if (!statement.next()) fail("gives no answer to: " + sql);
  return statement.integer();
}

std::string Database::text(const std::string& sql) {
  Statement statement(*this, sql);
  if (!statement.next()) fail("gives no answer to: " + sql);
  return statement.text();
}

std::int64_t Database::last_id() const { return sqlite3_last_insert_rowid(connection_.get()); }

Statement::Statement(Database& database, const std::string& sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  const int result =
      sqlite3_prepare_v2(database.connection_.get(), sql.c_str(), -1, &statement, nullptr);
  statement_.reset(statement);
  check(result);
}

void Statement::check(int result) {
  if (result != SQLITE_OK) database_.fail_as_sqlite_says();
}

Statement& Statement::bind(std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), ++bound_, value));
  return *this;
}
Statement& Statement::bind(double value) {
  check(sqlite3_bind_double(statement_.get(), ++bound_, value));
  return *this;
}
Statement& Statement::bind(const std::string& value) {
  check(sqlite3_bind_text(statement_.get(), ++bound_, value.data(), static_cast<int>(value.size()),
                          SQLITE_TRANSIENT));
  return *this;
}

bool Statement::next() {
  read_ = 0;
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) database_.fail_as_sqlite_says();
  return false;
}

void Statement::run() {
  next();
  check(sqlite3_reset(statement_.get()));
  bound_ = 0;
}

int Statement::column(int type) {
  const int at = read_++;
  if (sqlite3_column_type(statement_.get(), at) != type)
    database_.fail(std::string("is damaged: ") + sqlite3_column_name(statement_.get(), at) +
                   " is of the wrong type");
  return at;
}

std::int64_t Statement::integer() {
  return sqlite3_column_int64(statement_.get(), column(SQLITE_INTEGER));
}
double Statement::real() { return sqlite3_column_double(statement_.get(), column(SQLITE_FLOAT)); }
std::string Statement::text() {
  const int at = column(SQLITE_TEXT);
  const unsigned char* text = sqlite3_column_text(statement_.get(), at);
  if (!text) database_.fail("out of memory");
  return {reinterpret_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), at))};
}

Transaction::Transaction(Database& database) : database_(database) {
  database_.run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.run("ROLLBACK");
  } catch (const Error&) {  // SQLite has rolled back by itself, and the cause is under way
  }
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

}  // namespace assay
