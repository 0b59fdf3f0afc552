"""The machine and the versions that a result was measured with."""

import os
import platform
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("boto3", "botocore", "pydantic", "python-liquid", "tzdata")


def machine() -> dict[str, str]:
    """What a reader needs to judge a result: processor, system, interpreter and its build."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "built with": _build(),
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }


def load_average() -> str:
    """How busy the machine is: runnable processes over the last minute."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _build() -> str:
    """The compiler and what makes an interpreter fast or slow: Lambda's is built with profiles."""
    given = sysconfig.get_config_var("CONFIG_ARGS") or ""
    words = [
        platform.python_compiler(),
        "profile-guided" if "--enable-optimizations" in given else "not profile-guided",
        "link-time optimised" if "--with-lto" in given else "not link-time optimised",
        *(["a debug build"] if hasattr(sys, "gettotalrefcount") else []),
    ]
    return ", ".join(words)
