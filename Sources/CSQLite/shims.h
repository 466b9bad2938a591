// SQLite for Swift: the header, and the variadic functions that Swift cannot import.
#ifndef PLC_CSQLITE_SHIMS_H
#define PLC_CSQLITE_SHIMS_H
#include <sqlite3.h>

/// Sets one boolean option of a connection (SQLITE_DBCONFIG_*).
static inline int plc_sqlite_db_config(sqlite3 *db, int option, int value) {
    return sqlite3_db_config(db, option, value, (int *)0);
}
#endif
