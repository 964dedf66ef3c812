# SPDX-License-Identifier: MIT
# The arrow of the house: reports -> analysis -> decode -> capture -> base. A file includes headers
# of its own room and of those upstream of it, always written with the folder; pipeline.c and
# wire304.c may see them all. Run as `cmake -DSOURCE_DIR=... -P includes_point_upstream.cmake`.
cmake_minimum_required(VERSION 3.25)
set(upstream_of_base base)
set(upstream_of_capture base capture)
set(upstream_of_decode base capture decode)
set(upstream_of_analysis base capture decode analysis)
set(upstream_of_reports base capture decode analysis reports)

set(wrong 0)
foreach(room base capture decode analysis reports)
    file(GLOB files ${SOURCE_DIR}/${room}/*.c ${SOURCE_DIR}/${room}/*.h ${SOURCE_DIR}/${room}/*.def)
    foreach(file ${files})
        file(STRINGS ${file} lines REGEX "^[ \t]*#[ \t]*include[ \t]*\"")
        foreach(line ${lines})
            string(REGEX REPLACE ".*\"(.*)\".*" "\\1" header "${line}")
            string(REGEX REPLACE "/.*" "" from "${header}")
            if(NOT from IN_LIST upstream_of_${room})
                message(SEND_ERROR "${file} includes ${header}")
                set(wrong 1)
            endif()
        endforeach()
    endforeach()
endforeach()
if(NOT wrong)
    message(STATUS "every include points upstream")
endif()
