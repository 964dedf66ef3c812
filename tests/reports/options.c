/* SPDX-License-Identifier: MIT */
/* options: what a command line comes to mean. Messages and exit codes are tested in
 * end_to_end/cli.py. */
#include "reports/options/options.h"

#include <criterion/criterion.h>

#include <stdlib.h>

/* getopt_long() moves the words about, and operands point into them: they stay as long as a test.
 */
static bool parse(struct options *options, struct error *error, const char *const *words)
{
    static char *argv[16];
    int argc = 0;
    argv[argc++] = (char *)(uintptr_t) "analyze";
    for (; *words; words++)
        argv[argc++] = (char *)(uintptr_t)*words;
    argv[argc] = NULL;
    return options_parse(options, FOR_ANALYZE, argc, argv, error);
}

#define PARSE(...) parse(&options, &error, (const char *const[]){__VA_ARGS__, NULL})

Test(options, defaults_are_those_of_the_contract)
{
    struct options options;
    struct error error;
    cr_assert(PARSE("a.pcap", "b.pcap"));
    cr_expect_eq(options.n_operands, 2u);
    cr_expect_str_eq(options.operands[1], "b.pcap");
    cr_expect_eq(options.window_ns, INT64_C(3600000000000));
    cr_expect_eq(options.heads, HEADS_FINDINGS);
    cr_expect_eq(options.client_key, CLIENT_AUTO);
    cr_expect_eq(options.color, COLOR_AUTO);
    cr_expect_eq(options.severity, SEVERITY_INFO);
    cr_expect_not(options.fail_on.severity_given);
    options_fini(&options);
}

Test(options, options_stand_before_between_and_after_operands)
{
    struct options options;
    struct error error;
    cr_assert(PARSE("-q", "a.pcap", "--host", "x", "-", "--host=y", "--", "-z.pcap"));
    cr_expect(options.quiet);
    cr_expect_eq(options.hosts.n, 2u);
    cr_expect_eq(options.n_operands, 3u);
    cr_expect_str_eq(options.operands[1], "-");
    cr_expect_str_eq(options.operands[2], "-z.pcap");
    options_fini(&options);
}

Test(options, fail_on_takes_the_strictest_of_each_kind)
{
    struct options options;
    struct error error;
    cr_assert(PARSE("--fail-on", "error", "--fail-on", "warning", "--fail-on", "avoidable>2.5%",
                    "--fail-on", "avoidable>10MB", "x"));
    cr_expect(options.fail_on.severity_given);
    cr_expect_eq(options.fail_on.severity, SEVERITY_WARNING);
    cr_expect_eq(options.fail_on.avoidable_percent, 2.5);
    cr_expect_eq(options.fail_on.avoidable_bytes, 10000000u);
    options_fini(&options);
}

Test(options, rules_are_chosen_by_name_pattern_and_group)
{
    struct options options;
    struct error error;
    cr_assert(PARSE("--only", "304-missing-*,waste", "--skip", "304-missing-date", "x"));
    cr_expect(options_rule_enabled(&options, rule_card_by_id("304-missing-etag")));
    cr_expect(options_rule_enabled(&options, rule_card_by_id("unconditional-refetch")));
    cr_expect_not(options_rule_enabled(&options, rule_card_by_id("304-missing-date")));
    cr_expect_not(options_rule_enabled(&options, rule_card_by_id("304-has-body")));
    options_fini(&options);
}

Test(options, json_has_what_bears_on_the_verdicts_and_no_more)
{
    struct options options;
    struct error error;
    cr_assert(
        PARSE("--jobs", "3", "-q", "--color", "always", "--host", "\xff", "--until", "+5m", "x"));
    char *json = options_json(&options);
    cr_expect_str_eq(json, "{\"host\":[\"\xef\xbf\xbd\"],\"until\":\"+5m\",\"client_key\":\"auto\","
                           "\"window_s\":3600.0}");
    free(json);
    options_fini(&options);
}

Test(options, a_wrong_word_is_a_usage_error_that_names_it)
{
    struct options options;
    struct error error;
    cr_expect_not(PARSE("--severity", "loud", "x"));
    cr_expect_eq(error.kind, ERROR_USAGE);
    cr_expect(strstr(error.text, "loud"));
    options_fini(&options);
}
