# SPDX-License-Identifier: Apache-2.0
liboptout_la_SOURCES += \
	module/verdict/evidence.c module/verdict/evidence.h \
	module/verdict/fleet_images.c module/verdict/fleet_images.h \
	module/verdict/image_map.c module/verdict/image_map.h \
	module/verdict/images.c module/verdict/images.h \
	module/verdict/joins.c module/verdict/joins.h \
	module/verdict/judge.c module/verdict/judge.h \
	module/verdict/place.c module/verdict/place.h \
	module/verdict/ranges.c module/verdict/ranges.h \
	module/verdict/remember.c module/verdict/remember.h \
	module/verdict/sites.c module/verdict/sites.h \
	module/verdict/terms.c module/verdict/terms.h \
	module/verdict/url_set.c module/verdict/url_set.h
