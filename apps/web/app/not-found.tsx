import Link from 'next/link';
import { Notice } from '../components/ui/notice';
import { paths } from '../lib/paths';

export default function NotFound() {
  return (
    <Notice title="There is nothing here">
      <p>The address may be mistyped, or what it showed belongs to another team.</p>
      <p className="mt-2">
        <Link className="text-accent underline underline-offset-2" href={paths.leaderboard()}>
          Back to the leaderboard
        </Link>
      </p>
    </Notice>
  );
}
