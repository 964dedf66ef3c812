/* SPDX-License-Identifier: MIT */
#pragma once
/* Parts of the terminal summary with queries of their own. Each prints nothing where there is
 * nothing to say. */

#include <stdint.h>

#include "reports/audit/audit.h"
#include "reports/formats/page.h"

/* What avoidable octets cost at --price. */
void put_price(const struct page *page, struct audit *audit, uint64_t avoidable);
/* Round trips that somebody need not have made. */
void put_time_lost(const struct page *page, struct audit *audit);
/* What each remedy alone would save, and what ideal caches would have left of `observed` octets. */
void put_what_if(const struct page *page, struct audit *audit, uint64_t observed, int64_t rows);
/* The issues of --accept, what of it has expired, and what was not seen. */
void put_accepted(const struct page *page, struct audit *audit);
