/* SPDX-License-Identifier: MIT */
/* Any octets as a list of tags: members lie in it, in order, and each is in the list. */

#include <assert.h>

#include "analysis/entity_tag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_of(data ? data : (const uint8_t *)"", size);
    struct tag_list list = tag_list_scan(rest);
    struct entity_tag member;
    uint32_t members = 0, valid = 0;
    for (; size < 4096 && tag_list_next(&rest, &member); members++) {
        assert(member.text.at >= data && member.text.at + member.text.len <= data + size);
        assert(member.text.len > 0 && rest.len < size);
        assert(entity_tag_weak_equal(&member, &member) == member.valid);
        assert(!member.valid || list.kind != TAG_LIST_TAGS ||
               tag_list_has_weak(&list, &member) == YES);
        assert(!member.valid || tag_list_kinship(&list, &member, NULL) == TAGS_EQUAL);
        assert(!member.valid || tag_list_has_tolerant(&list, &member, NULL));
        assert(entity_tag_stem(&member).len <= entity_tag_opaque(&member).len);
        valid += member.valid;
    }
    assert(size >= 4096 || list.kind == TAG_LIST_STAR ||
           (list.members == members && list.valid == valid));
    return 0;
}
