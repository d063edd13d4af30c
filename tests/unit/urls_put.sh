#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# urls_put.sh PUT_SITES STORE ROBOTS ORIGIN - the arguments in the order that put_sites wants.
exec "$1" "$2" "$4" "$3"
