/* SPDX-License-Identifier: MIT */
/* metrics: what the text says, that nothing breaks out of a label, and which addresses are taken.
 */
#include "reports/live/metrics.h"

#include <stdlib.h>

#include <criterion/criterion.h>

#include "reports/live/metrics_server.h"

static char *printed(const struct metrics *metrics)
{
    char *text;
    size_t length;
    FILE *to = open_memstream(&text, &length);
    metrics_print(metrics, to);
    fclose(to);
    return text;
}

Test(metrics, what_was_counted_is_told)
{
    struct metrics *metrics = metrics_new();
    struct finding finding = {.rule = rule_card(0),
                              .severity = rule_card(0)->severity,
                              .confidence = CONFIDENCE_CERTAIN,
                              .avoidable_bytes = 304};
    metrics_finding(metrics, &finding);
    metrics_finding(metrics, &finding);
    struct coverage coverage = {.reason = "no-keys", .bytes = 1000, .connections = 3};
    metrics_coverage(metrics, &coverage);
    metrics_counter(metrics, "gaps", false, 7);
    char want[200], *text = printed(metrics);
    snprintf(want, sizeof want,
             "\nwire304_findings_total{rule=\"%s\",severity=\"%s\",confidence=\"certain\"} 2\n",
             rule_card(0)->id, severity_word(rule_card(0)->severity));
    cr_expect(strstr(text, want), "%s", want);
    cr_expect(strstr(text, "\nwire304_coverage_bytes{reason=\"no-keys\"} 1000\n"));
    cr_expect(strstr(text, "\nwire304_coverage_bytes{reason=\"read\"} 0\n"));
    cr_expect(strstr(text, "\nwire304_decode_events_total{event=\"gaps\"} 7\n"));
    free(text);
    metrics_begin_checks(metrics);
    text = printed(metrics);
    cr_expect(strstr(text, "\nwire304_coverage_bytes{reason=\"no-keys\"} 0\n"));
    free(text);
    metrics_free(metrics);
}

Test(metrics, every_family_has_its_help_and_type)
{
    struct metrics *metrics = metrics_new();
    char *text = printed(metrics);
    unsigned n = 0;
#define METRIC_ROW(printer, name, type, labels, help)                                              \
    cr_expect(strstr(text, "# HELP " name " " help "\n# TYPE " name " " type "\n"), "%s", name);   \
    n++;
#include "reports/live/metrics.def"
#undef METRIC_ROW
    cr_expect(n > 25);
    free(text);
    metrics_free(metrics);
}

Test(metrics, nothing_breaks_out_of_a_label)
{
    static const struct {
        struct slice text;
        const char *want;
    } cases[] = {
        {{(const uint8_t *)"eth0", 4}, "eth0"},
        {{(const uint8_t *)"a\"} 1\nb\\", 8}, "a\\\"} 1\\nb\\\\"},
        {{(const uint8_t *)"\xff\xc3\xa9", 3}, "\xef\xbf\xbd\xc3\xa9"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text;
        size_t length;
        FILE *to = open_memstream(&text, &length);
        metrics_put_label(to, cases[i].text);
        fclose(to);
        cr_expect_str_eq(text, cases[i].want);
        free(text);
    }
}

Test(metrics, an_address_is_digits_with_a_port)
{
    static const char *const good[] = {"9304",      ":9304",       "127.0.0.1:9304",
                                       "0.0.0.0:1", "[::1]:65535", "[fe80::1]:9304"};
    static const char *const bad[] = {"",
                                      "0",
                                      "65536",
                                      "localhost:9304",
                                      "::1:9304",
                                      "[::1]",
                                      "1.2.3.4:",
                                      "1.2.3.4:x",
                                      "999.1.1.1:80",
                                      "-1",
                                      "9304 ",
                                      "1.2.3.4:99999999999",
                                      ":000080"};
    struct error error;
    for (unsigned i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(metrics_address_check(good[i], &error), "%s", good[i]);
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect(!metrics_address_check(bad[i], &error), "%s", bad[i]);
}
