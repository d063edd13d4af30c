# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/site/bundle.c module/site/bundle.h module/site/bundle_read.c \
	module/site/compiled.c module/site/compiled.h \
	module/site/compiled_apply.c \
	module/site/compiled_form.h \
	module/site/document.c module/site/document.h \
	module/site/learn.c \
	module/site/message.c module/site/message.h \
	module/site/message_client.c \
	module/site/site.c module/site/site.h \
	module/site/kinds.c module/site/kinds.h \
	module/site/store.c module/site/store.h \
	module/site/store_folder.c \
	module/site/store_guard.c module/site/store_guard.h \
	module/site/store_kept.c module/site/store_kept.h \
	module/site/store_internal.h \
	module/site/store_key.c \
	module/site/store_open.c \
	module/site/store_originals.c \
	module/site/store_pages.c module/site/store_pages.h \
	module/site/store_repair.c \
	module/site/store_value.c module/site/store_value.h \
	module/site/store_write.c \
	module/site/terms.c module/site/terms.h
