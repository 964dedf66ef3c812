/* SPDX-License-Identifier: MIT */
/* What cannot be opened or is no capture: what it looks like, and what to do. */

#include "tests/capture/files.h"

#include <criterion/new/assert.h>
#include <sys/stat.h>

TestSuite(opening, .init = folder_make, .fini = folder_remove);

static void expect_refusal(const char *path, const char *text)
{
    struct seen seen = see(path);
    cr_expect(eq(int, seen.error.kind, ERROR_INPUT), "%s", text);
    cr_expect(strstr(seen.error.text, text) != NULL, "'%s' does not say '%s'", seen.error.text,
              text);
    cr_expect(strstr(seen.error.text, path) != NULL, "%s", seen.error.text);
    bytes_free(&seen.octets);
}

Test(opening, what_is_no_file)
{
    char *missing = path_of("missing");
    expect_refusal(missing, "No such file");
    expect_refusal(test_folder, "is a folder");
    free(missing);
}

Test(opening, without_permission)
{
    char *path = file_with("secret", SLICE("whatever"));
    cr_assert(chmod(path, 0) == 0);
    if (geteuid() == 0) {
        cr_assert(chmod(test_folder, 0755) == 0);
        cr_assert(seteuid(65534) == 0); /* root may read all */
        expect_refusal(path, "Permission denied");
        cr_assert(seteuid(0) == 0);
    } else {
        expect_refusal(path, "Permission denied");
    }
    free(path);
}

Test(opening, what_is_no_capture)
{
    static const struct {
        struct slice content;
        const char *text;
    } cases[] = {
        {SLICE(""), "is empty"},
        {SLICE("\xd4\xc3"), "too short"},
        {SLICE("GET / HTTP/1.1\r\nHost: a\r\n"), "looks like text"},
        {SLICE("gr\xc3\xbc\xc3\x9f\x65\n"), "looks like text"},
        {SLICE("{\"log\": {}}"), "looks like JSON"},
        {SLICE("<html>"), "looks like HTML"},
        {SLICE("CLIENT_RANDOM 0011 2233\n"), "--keylog"},
        {SLICE("SQLite format 3\0\x10"), "wire304 report"},
        {SLICE("snoop\0\0\0\0\0\0\2"), "snoop capture"},
        {SLICE("\xfd"
               "7zXZ\0"),
         "xz -dc"},
        {SLICE("\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), "begins with zeros"},
        {SLICE("\x01\x02\x03\x04\x05\x06\x07\x08"), "neither pcap nor pcapng"},
        {SLICE("\xd4\xc3\xb2\xa1\2\0\4\0"), "pcap file without a whole head"},
        {SLICE("\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0"), "pcapng file without a whole"},
        {SLICE("\x1f\x8b\x08\0"), "gzip stream ends"},
        {SLICE("\x28\xb5\x2f\xfd\0\x58\x07\0\0\xff\xff\xff\xff\xff\xff\xff"),
         "cannot be decompressed"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *path = file_with("stranger", cases[i].content);
        expect_refusal(path, cases[i].text);
        free(path);
    }
}

Test(opening, the_first_bad_one_is_named_where_none_is_good)
{
    char *bad = file_with("bad", SLICE("text"));
    struct error error;
    cr_expect(source_open((const char *[]){bad, "absent"}, 2, &SOURCE_EVERYTHING, &error) == NULL);
    cr_expect(strstr(error.text, bad) != NULL || strstr(error.text, "absent") != NULL);
    cr_expect_eq(error.kind, ERROR_INPUT);
    free(bad);
}

Test(opening, a_bad_one_of_several_is_told_and_the_others_are_read)
{
    struct bytes b = {0};
    pcap_head(&b, MAGIC_MICRO, false, 1);
    char *good = file_with("good", bytes_slice(&b));
    char *bad = file_with("bad", SLICE("text"));
    struct error error;
    struct source *source = source_open((const char *[]){bad, good}, 2, &SOURCE_EVERYTHING, &error);
    cr_assert(source != NULL);
    cr_expect_eq(source_input(source, 0)->state, INPUT_DAMAGED);
    cr_expect(strstr(source_input(source, 0)->trouble, bad) != NULL);
    cr_expect_eq(source_input(source, 1)->state, INPUT_WHOLE);
    source_close(source);
    free(good);
    free(bad);
    bytes_free(&b);
}

Test(opening, a_name_cannot_write_to_the_terminal)
{
    struct seen seen = see("/nowhere/\033[31mred\n");
    cr_expect(eq(int, seen.error.kind, ERROR_INPUT));
    cr_expect(strchr(seen.error.text, '\033') == NULL && strchr(seen.error.text, '\n') == NULL);
}
