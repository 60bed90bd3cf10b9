// @vitest-environment jsdom
// The hooks render what is there, again when it changes, and only then.
import { act, createElement, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { expect, it } from 'vitest';
import { useDoc, useDocs, useStatus } from '../src/react.js';
import { createTestServer, createTestSync } from '../src/testing/index.js';
import { eventually } from './eventually.js';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

it('renders documents, one document and the status', async () => {
  const sync = createTestSync(createTestServer());
  const messages = sync.collection<{ text: string }>('chat/42/messages');
  await messages.put('m1', { text: 'one' });
  let renders = 0;
  function App(): ReactNode {
    ++renders;
    const all = useDocs(messages, { where: (doc) => doc.data.text !== 'hidden' });
    const one = useDoc(messages, 'm1');
    const { state, pending } = useStatus(sync);
    return `${all.map((doc) => doc.data.text).join(',')} | ${one?.data.text} | ${state} ${pending}`;
  }
  const place = document.createElement('div');
  const root = createRoot(place);
  await act(async () => root.render(createElement(App)));
  await act(() =>
    eventually(() => place.textContent === 'one | one | idle 0' || sync.status.state !== 'idle'),
  );
  await act(() => eventually(() => sync.status.state === 'idle'));
  expect(place.textContent).toBe('one | one | idle 0');
  await act(async () => {
    await (
      await messages.put('m2', { text: 'two' })
    ).synced;
    await (
      await messages.patch('m1', { text: 'uno' })
    ).synced;
  });
  await act(() => eventually(() => sync.status.state === 'idle'));
  expect(place.textContent).toBe('uno,two | uno | idle 0');
  const before = renders;
  await act(async () => {
    await (
      await messages.put('m3', { text: 'hidden' })
    ).synced;
  });
  await act(() => eventually(() => sync.status.state === 'idle'));
  expect(place.textContent).toBe('uno,two | uno | idle 0');
  expect(renders - before, 'only the status changed').toBeLessThanOrEqual(4);
  await act(async () => root.unmount());
  await sync.close();
});
