/* SPDX-License-Identifier: MIT */
#pragma once
/* The views of an audit database, put into it: those of contract.md, and the questions. */

#include "reports/audit/sql.h"

/* By CREATE VIEW: this connection knows them too. */
void views_create(struct sql *sql);

/* The same views in the file, unread: for a connection that is going to be closed and does not ask
 * them anything. */
void views_write(struct sql *sql);
