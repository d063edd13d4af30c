# SPDX-License-Identifier: Apache-2.0
# Not among `make check`'s TESTS: they need an installation, and programs of others.
EXTRA_DIST += \
	tests/peers/README.md \
	tests/peers/run \
	tests/peers/peers.sh \
	tests/peers/segments.py \
	tests/peers/clickhouse tests/peers/duckdb tests/peers/figures.py \
	tests/peers/kafka \
	tests/peers/prometheus \
	tests/peers/report tests/peers/report.js \
	tests/peers/rsyslog \
	tests/peers/spark tests/peers/spark_check.py \
	tests/peers/warc-readers tests/peers/warc_readers.py \
	tests/peers/warcio tests/peers/warcio_js \
	tests/peers/xargs
