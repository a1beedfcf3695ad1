"""Every measurement of the product: `make bench`."""

from __future__ import annotations

from tests.bench import bench_translate, migration, naive, pipeline

if __name__ == "__main__":
    bench_translate.main()
    pipeline.main()
    naive.main()
    migration.main()
