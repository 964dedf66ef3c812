/* SPDX-License-Identifier: MIT */
/* Running medians, and how long a 304 would have been. */

#include "analysis/estimates.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/spoken.h"

Test(estimates, the_median_is_of_the_latest_values)
{
    struct median m = {0};
    cr_expect(eq(i64, median_of(&m, -7), -7));
    median_add(&m, 10);
    cr_expect(eq(i64, median_of(&m, -7), 10));
    median_add(&m, 30);
    cr_expect(eq(i64, median_of(&m, -7), 10), "of two the lower");
    median_add(&m, 20);
    cr_expect(eq(i64, median_of(&m, -7), 20));
    for (unsigned i = 0; i < MEDIAN_VALUES; i++)
        median_add(&m, 500);
    cr_expect(eq(i64, median_of(&m, -7), 500), "the old ones are gone");
    median_add(&m, INT64_MAX);
    median_add(&m, INT64_MIN);
    cr_expect(eq(i64, median_of(&m, -7), 500));
}

Test(estimates, a_304_is_as_long_as_others_of_its_url_or_kind_or_server)
{
    struct facts facts = facts_spoken("GET /a\n", "200\nETag: \"a\"\n");
    struct median url = {0}, family = {0}, server = {0};
    median_add(&server, 300);
    struct size_estimate by_server = size_of_304(&url, NULL, &server, &facts);
    cr_expect(eq(u64, by_server.octets, 300));
    cr_expect(eq(int, by_server.basis, SIZE_OF_SERVER));
    median_add(&family, 200);
    cr_expect(eq(int, size_of_304(&url, &family, &server, &facts).basis, SIZE_OF_FAMILY));
    median_add(&url, 100);
    struct size_estimate by_url = size_of_304(&url, &family, &server, &facts);
    cr_expect(eq(u64, by_url.octets, 100));
    cr_expect(eq(str, (char *)(uintptr_t)size_basis_word(by_url.basis), "url"));
    spoken_free(&facts);
}

Test(estimates, else_it_is_the_head_without_what_a_304_leaves_out)
{
    static const char lines[] = "Content-Type: text/css\nLast-Modified: " SPOKEN_DATE
                                "\nContent-Length: 5\nAccept-Ranges: bytes\n";
    char response[512];
    snprintf(response, sizeof response, "200\nETag: \"a\"\n%s", lines);
    struct facts facts = facts_spoken("GET /a\n", response);
    struct exchange *x = (struct exchange *)(uintptr_t)facts.x;
    x->response.header_bytes = 500;
    struct size_estimate e = size_of_304(NULL, NULL, NULL, &facts);
    cr_expect(eq(u64, e.octets, 500 - strlen(lines) - 4), "each line has a CR too");
    cr_expect(eq(int, e.basis, SIZE_BY_FORMULA));
    x->response.header_bytes = 60;
    cr_expect(eq(u64, size_of_304(NULL, NULL, NULL, &facts).octets, SIZE_OF_304_LEAST));
    spoken_free(&facts);
}
