import './style/main.css';
import { render } from 'preact';
import { App } from './app.tsx';
import { registerServiceWorker } from './offline.ts';

const place = document.getElementById('app');
if (place !== null) render(<App />, place);
registerServiceWorker();
