import { expect, test } from 'vitest';
import { isRemote, remoteAddress } from '../../../pipeline/targets/git/remote-address.ts';
import { gitTarget } from '../../../pipeline/targets/git-target.ts';
import { redactor } from '../../../pipeline/targets/redaction.ts';

test.each([
  ['plain s3cret/+', 'plain ***'],
  ['encoded s3cret%2F%2B', 'encoded ***'],
  ['basic czNjcmV0Lys=', 'basic ***'],
  ['https://ada:other@host/x and https://tok@host', 'https://***@host/x and https://***@host'],
  ['https://a:p@ss@host/x', 'https://***@host/x'],
  ['ssh://git@host/x', 'ssh://git@host/x'],
  ['ssh://git:pw@host/x', 'ssh://git:***@host/x'],
])('%j is shown as %j', (text, shown) => {
  expect(redactor(['s3cret/+', undefined, ''])(text)).toBe(shown);
});

test('what was said is cut to what a log takes', () => {
  expect(redactor([])('x'.repeat(9_999)).length).toBe(2_000);
});

test.each(['https://h/x.git', 'ssh://git@h/x', 'file:///x', 'git@h:x/y.git', 'ext::sh -c x', 'HTTP://h/x'])(
  '%s',
  (repository) => {
    expect(isRemote(repository)).toBe(!repository.startsWith('ext::'));
  },
);
test.each(['/abs/x.git', 'x.git', '../up.git', '-oProxyCommand=x@h:y', 'a b@h:x', './git@h:x'])(
  '%s is a path',
  (path) => {
    expect(isRemote(path)).toBe(false);
  },
);

test.each([
  'https://ada:p%2Fw@h/x',
  'https://p%2Fw@h/x',
  'https://ada:p%zzw@h/x',
  'https://ada:pw@[bad/x',
  'ssh://git:pw@h/x',
])('neither name nor address of %s hold what must not be seen', (repository) => {
  const settings = { repository, branch: 'beta', baseDir: '/', scratchDir: '/' };
  expect(gitTarget(settings).name).not.toMatch(/p%2Fw|p\/w|p%zzw|:pw/);
  if (URL.canParse(repository)) expect(remoteAddress(repository, undefined).url).not.toMatch(/p%2Fw|p%zzw|:pw/);
});
