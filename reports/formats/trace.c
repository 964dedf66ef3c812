/* SPDX-License-Identifier: MIT */
/*
 * `time,id,size`, a line for each GET that was answered by a whole representation or by 304:
 * seconds since 1970, a number for the URL that is the same in every capture, and the octets of
 * head and body. A simulated cache wants one size for one object, and a 304 has none: it is that of
 * the largest 200 of its URL. URLs without any 200 are left out, since nobody knows their size; so
 * is what a proxy passes on, whose clients' requests are there already.
 *
 * For libCacheSim: cachesim FILE csv lru 1gb -t
 * "time-col=1,obj-id-col=2,obj-size-col=3,obj-id-is-num=1"
 */

#include "reports/formats/trace.h"

#include <inttypes.h>

#include "base/hash.h"

#define REQUESTS                                                                                   \
    " FROM exchanges WHERE method = 'GET' AND outer_exchange_id IS NULL AND url IS NOT NULL"       \
    " AND requested_us IS NOT NULL"

static const char sizes[] =
    "CREATE TEMP TABLE trace_size (url PRIMARY KEY, octets INTEGER) WITHOUT ROWID;"
    "INSERT INTO temp.trace_size SELECT url, max(response_header_bytes + "
    "response_body_bytes)" REQUESTS " AND status = 200 AND ending = 'complete' GROUP BY url";

static const char requests[] =
    "SELECT requested_us / 1000000, url, (SELECT octets FROM temp.trace_size s WHERE s.url = e.url)"
    " AS size FROM (SELECT requested_us, url, status" REQUESTS ") e"
    " WHERE status IN (200, 304) AND size IS NOT NULL ORDER BY requested_us LIMIT ?1";

void trace_write(struct report *report)
{
    audit_run(report->audit, sizes);
    struct query query = query_begin(report->audit, requests);
    query_bind(&query, 1, report_rows(report, 0));
    fputs("time,id,size\n", report->to);
    while (query_next(&query)) /* 63 bits: some readers have signed numbers only */
        fprintf(report->to, "%" PRId64 ",%" PRIu64 ",%" PRId64 "\n", query_number(&query, 0),
                hash64_stable(query_text(&query, 1)) >> 1, query_number(&query, 2));
}
