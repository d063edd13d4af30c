# SPDX-License-Identifier: Apache-2.0
if UNIT_TESTS
unit_tests =
include tests/unit/core.mk
include tests/unit/http.mk
include tests/unit/formats.mk
include tests/unit/standards.mk
include tests/unit/inspect.mk
include tests/unit/c2pa.mk
include tests/unit/containers.mk
include tests/unit/fmt_bmff.mk
include tests/unit/fmt_jpeg.mk
include tests/unit/fmt_pdf.mk
include tests/unit/fmt_png.mk
include tests/unit/fmt_tiff.mk
include tests/unit/xmp.mk
include tests/unit/fmt_zip.mk
include tests/unit/media.mk
include tests/unit/phrases.mk
include tests/unit/policy.mk
include tests/unit/site_rules.mk
include tests/unit/site_files.mk
include tests/unit/site_store.mk
include tests/unit/robots.mk
include tests/unit/rsl.mk
include tests/unit/share.mk
include tests/unit/daemon.mk
include tests/unit/answers.mk
include tests/unit/audit.mk
include tests/unit/icap.mk
include tests/unit/faults.mk
include tests/unit/cli.mk
include tests/unit/setup.mk
include tests/unit/doctor.mk
include tests/unit/report.mk
include tests/unit/shell.mk
include tests/unit/ship.mk
include tests/unit/metrics.mk
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif
EXTRA_DIST += tests/unit/tap \
	tests/unit/answer_fixture.h \
	tests/unit/bmff_fixture.h \
	tests/unit/carriers.h \
	tests/unit/faults_files.h \
	tests/unit/faults_fixture.h \
	tests/unit/faults_log.h \
	tests/unit/faults_store.h \
	tests/unit/findings.h \
	tests/unit/guard_fixture.h \
	tests/unit/manifest_fixture.h \
	tests/unit/media_fixture.h \
	tests/unit/naive_rules.h \
	tests/unit/robots_fixture.h \
	tests/unit/rules_fixture.h \
	tests/unit/samples.h \
	tests/unit/folder.h \
	tests/unit/terms_fixture.h \
	tests/unit/segment_fixture.h \
	tests/unit/share_fixture.h \
	tests/unit/site_eval.h \
	tests/unit/tap.sh \
	tests/unit/unit.h \
	tests/unit/wrapped.h \
	tests/unit/wrapped_disk.h \
	tests/unit/wrapped_libraries.h \
	tests/unit/zip_fixture.h
