# SPDX-License-Identifier: MIT
# What `cmake --install` puts where, and the Debian package that CPack makes of it.
include(GNUInstallDirs)
find_program(GZIP gzip REQUIRED)

# Compressed as Debian wants it: as well as can be, without name and time, so that the same input
# makes the same package.
function(compressed from to)
    add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/${to}
        COMMAND sh -c "\"$1\" -9nc \"$2\" >\"$3\"" gzip ${GZIP} ${from} ${CMAKE_BINARY_DIR}/${to}
        DEPENDS ${from} VERBATIM)
endfunction()
compressed(${CMAKE_SOURCE_DIR}/docs/wire304.1 wire304.1.gz)
compressed(${CMAKE_SOURCE_DIR}/cmake/changelog changelog.gz)
add_custom_target(compressed_docs ALL
    DEPENDS ${CMAKE_BINARY_DIR}/wire304.1.gz ${CMAKE_BINARY_DIR}/changelog.gz)

file(GLOB manual CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/*.md ${CMAKE_SOURCE_DIR}/docs/*.json)
install(TARGETS wire304 RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${CMAKE_BINARY_DIR}/wire304.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
set(completions ${CMAKE_SOURCE_DIR}/cmake/completions)
install(FILES ${completions}/wire304.bash RENAME wire304
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${completions}/_wire304 DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${completions}/wire304.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES ${CMAKE_BINARY_DIR}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Where the program will be is known when it is installed (--prefix, CPack). Nothing enables or
# starts the service.
install(CODE "
    set(BINDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
    set(DOCDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DOCDIR}\")
    configure_file(\"${CMAKE_SOURCE_DIR}/cmake/wire304@.service.in\"
        \"${CMAKE_BINARY_DIR}/wire304@.service\" @ONLY)")
install(FILES ${CMAKE_BINARY_DIR}/wire304@.service DESTINATION lib/systemd/system)
install(FILES ${CMAKE_SOURCE_DIR}/examples/shop.pcap
    DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME wire304)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "the wire304 authors <authors@wire304.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "packet-level HTTP cache analyzer")
set(CPACK_PACKAGE_DESCRIPTION
    "wire304 reads packet captures, rebuilds the HTTP exchanges in them, models what
a cache in that place would have held and says which 304 responses broke the
RFCs, which transfers were wasted, by whom, and which packets prove it.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS libmicrohttpd${microhttpd}) # not linked: see CMakeLists.txt
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "sqlite3, tcpdump")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
include(CPack)
