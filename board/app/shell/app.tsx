import { LocationProvider, lazy, Route, Router } from 'preact-iso';
import { DoneNotice } from '../actions/done-notice.tsx';
import { StagesPage } from '../pages/stages/stages-page.tsx';
import './app.css';
import { Announcer } from '../browser/announcer.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { NotFoundPage } from './not-found-page.tsx';
import { arriveAt } from './page-focus.ts';
import { SignInTrouble } from './sign-in-trouble.tsx';
import { SignInWall } from './sign-in-wall.tsx';
import { TopBar } from './top-bar.tsx';

// The first page comes with the first load; each other one when somebody goes there.
const PromotionPage = lazy(async () => (await import('../pages/promotion/promotion-page.tsx')).PromotionPage);
const MeshPage = lazy(async () => (await import('../pages/mesh/mesh-page.tsx')).MeshPage);
const ServicePage = lazy(async () => (await import('../pages/mesh/service-page.tsx')).ServicePage);
const FleetPage = lazy(async () => (await import('../pages/fleet/fleet-page.tsx')).FleetPage);
const HistoryPage = lazy(async () => (await import('../pages/history/history-page.tsx')).HistoryPage);
const ComparePage = lazy(async () => (await import('../pages/history/compare-page.tsx')).ComparePage);
const VerificationsPage = lazy(
  async () => (await import('../pages/verifications/verifications-page.tsx')).VerificationsPage,
);
const VerificationPage = lazy(
  async () => (await import('../pages/verifications/verification-page.tsx')).VerificationPage,
);

/** What the router may follow; signing in leads to the server, and from there elsewhere. */
const OWN_PAGES = /^\/(?!sign-in(?:[/?]|$))/;

/** The board: what is on every page, and the page. */
export function App() {
  return (
    <LocationProvider scope={OWN_PAGES}>
      <a class="skip" href="#page">
        Skip to the page
      </a>
      <TopBar />
      <ConnectionBanner />
      <main id="page" tabIndex={-1}>
        <SignInTrouble />
        <SignInWall>
          <Router onRouteChange={arriveAt}>
            <Route path="/" component={StagesPage} />
            <Route path="/promotions/:id" component={PromotionPage} />
            <Route path="/verifications" component={VerificationsPage} />
            <Route path="/verifications/:id" component={VerificationPage} />
            <Route path="/mesh/:stage?" component={MeshPage} />
            <Route path="/mesh/:stage/services/:name" component={ServicePage} />
            <Route path="/fleet" component={FleetPage} />
            <Route path="/history" component={HistoryPage} />
            <Route path="/compare" component={ComparePage} />
            <Route default component={NotFoundPage} />
          </Router>
        </SignInWall>
      </main>
      <DoneNotice />
      <Announcer />
    </LocationProvider>
  );
}
