/** The page: signed in, the app; otherwise, how to. */
import { createRoot } from 'react-dom/client';
import { Sessions } from './session';
import { useStore } from './store';
import { App } from './ui/app';
import { SignIn } from './ui/sign_in';
import { World } from './world';

const sessions = new Sessions();
let world: World | undefined;

function Page() {
  const session = useStore(sessions.current);
  if (!session) return <SignIn sessions={sessions} />;
  world ??= new World(sessions);
  return <App world={world} sessions={sessions} />;
}

// The page is there without the server, too; where the browser keeps no workers, only the data is.
navigator.serviceWorker?.register('/demo-worker.js', { scope: '/demo' }).catch(() => {});
createRoot(document.getElementById('app')!).render(<Page />);
