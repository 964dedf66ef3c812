/* SPDX-License-Identifier: MIT */
#pragma once
/* Parts of the terminal summary with queries of their own. Each prints nothing where there is
 * nothing to say. */

#include <stdint.h>

#include "reports/audit.h"
#include "reports/page.h"

/* What avoidable octets cost at --price. */
void put_price(const struct page *page, struct audit *audit, uint64_t avoidable);
/* The issues of --accept, what of it has expired, and what was not seen. */
void put_accepted(const struct page *page, struct audit *audit);
