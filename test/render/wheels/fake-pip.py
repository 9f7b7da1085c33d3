"""Stands in for pip: takes the arguments of `pip download` and refuses those it does not know, then does as FAKE_PIP says."""
import os
import sys
import zipfile

args = sys.argv[1:]
assert args[0] == 'download', args
flags = {'--no-deps', '--no-input', '--disable-pip-version-check'}
valued = {'--only-binary': ':all:', '--dest': None, '--progress-bar': 'off', '--retries': None, '--timeout': None}
dest, wanted, rest = None, None, args[1:]
while rest:
    arg = rest.pop(0)
    if arg in valued:
        value = rest.pop(0)
        assert valued[arg] in (None, value), (arg, value)
        dest = value if arg == '--dest' else dest
    elif arg not in flags:
        assert wanted is None and '==' in arg, arg
        wanted = arg
assert '--no-deps' in args and '--only-binary' in args
project, version = wanted.split('==')
tmp = os.environ['TMPDIR']
assert os.path.isdir(tmp) and os.path.isdir(dest)

mode = os.environ.get('FAKE_PIP', 'ok')
with open(os.environ['FAKE_PIP_CALLS'], 'a') as calls:
    calls.write(f'{wanted}\n')
if mode == 'no network':
    for left in (1, 0):
        sys.stderr.write(
            f"WARNING: Retrying (Retry(total={left}, connect=None, read=None, redirect=None, status=None)) after connection "
            "broken by 'NewConnectionError(<HTTPSConnection>: Failed to establish a new connection: [Errno -2] Name or service "
            f"not known)': /simple/{project}/\n"
        )
    sys.exit(f'ERROR: Could not find a version that satisfies the requirement {wanted} (from versions: none)\n'
             f'ERROR: No matching distribution found for {wanted}')
if mode == 'unknown version':
    sys.exit(f'ERROR: Could not find a version that satisfies the requirement {wanted} (from versions: 1.0.0, 1.1.0)\n'
             f'ERROR: No matching distribution found for {wanted}')
if mode == 'no wheel here':
    sys.exit(f'ERROR: Could not find a version that satisfies the requirement {wanted} (from versions: none)\n'
             f'ERROR: No matching distribution found for {wanted}')
if mode == 'disk full':
    with open('/dev/full', 'w') as full:
        full.write('x' * 100_000)
if mode == 'no pip':
    sys.exit('/usr/bin/python3: No module named pip')
if mode == 'breaks':
    sys.exit('Traceback (most recent call last):\nRuntimeError: something else')
if mode == 'hangs':
    import time
    time.sleep(600)
wheel = os.path.join(dest, f'{project.replace("-", "_")}-{version}-py3-none-any.whl')
with zipfile.ZipFile(wheel, 'w') as archive:
    for name, text in (('tool/run', f'#!/bin/sh\necho {version} {os.environ.get("FAKE_CONTENT", "")}\n'), ('tool/data', 'data\n')):
        archive.writestr(zipfile.ZipInfo(name), text)
if mode == 'cut short':
    with open(wheel, 'r+b') as file:
        file.truncate(40)
