# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/policy/audit_keep_line.c module/policy/audit_keep_line.h \
	module/policy/clients.c module/policy/clients.h \
	module/policy/board.c module/policy/board.h \
	module/policy/config.c module/policy/config.h \
	module/policy/config_fault.c module/policy/config_fault.h \
	module/policy/config_table.c \
	module/policy/decide.c module/policy/decide.h \
	module/policy/directive.c module/policy/directive.h \
	module/policy/directive_check.c module/policy/directive_file.c \
	module/policy/hold_format_line.c module/policy/hold_format_line.h \
	module/policy/phrase_folder.c module/policy/phrase_folder.h \
	module/policy/profile.c module/policy/profile.h \
	module/policy/profile_line.c module/policy/profile_line.h \
	module/policy/rules.c module/policy/rules.h \
	module/policy/snapshot.c module/policy/snapshot.h \
	module/policy/site_file_line.c module/policy/site_file_line.h \
	module/policy/terms_pages.c module/policy/terms_pages.h
