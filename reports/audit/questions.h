/* SPDX-License-Identifier: MIT */
#pragma once
/* Views that are named for questions, made of the nine of contract.md and of nothing else. */

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct question {
    const char *name;   /* of the view */
    const char *select; /* what it is */
};

/* NULL past the end. */
const struct question *question_at(unsigned index);

/* Creates them all, as views of the file or (`temporary`) of this connection, where they are made
 * of what stands in front of the file's views. False where SQLite will not; it says why. */
bool questions_create(sqlite3 *db, bool temporary) MUST_USE;
