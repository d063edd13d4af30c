# SPDX-License-Identifier: Apache-2.0
# Calls that fail on demand: whoever makes them in the library makes them of the test
# (tests/unit/wrapped.h, and those beside it).
wrap_memory = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
wrap_libraries = $(wrap_memory) -Wl,--wrap=inflateInit2_,--wrap=BrotliDecoderCreateInstance \
	-Wl,--wrap=ZSTD_createDCtx,--wrap=EVP_MD_CTX_new
wrap_disk = $(wrap_memory) -Wl,--wrap=read,--wrap=write,--wrap=pread,--wrap=pwrite \
	-Wl,--wrap=open,--wrap=openat,--wrap=close,--wrap=fopen,--wrap=mmap,--wrap=posix_fallocate \
	-Wl,--wrap=mkdir,--wrap=flock,--wrap=fstat,--wrap=stat,--wrap=fstatat,--wrap=faccessat \
	-Wl,--wrap=ftruncate,--wrap=fdatasync,--wrap=fsync,--wrap=rename,--wrap=renameat \
	-Wl,--wrap=renameat2,--wrap=unlinkat,--wrap=opendir,--wrap=fdopendir,--wrap=readdir
wrap_lmdb = -Wl,--wrap=aligned_alloc,--wrap=mdb_env_create,--wrap=mdb_env_open \
	-Wl,--wrap=mdb_txn_begin,--wrap=mdb_txn_renew,--wrap=mdb_txn_commit,--wrap=mdb_dbi_open \
	-Wl,--wrap=mdb_get,--wrap=mdb_put,--wrap=mdb_del,--wrap=mdb_cursor_open
wrap_journal = -Wl,--wrap=socket,--wrap=sendmsg,--wrap=send,--wrap=memfd_create,--wrap=writev,--wrap=fcntl
