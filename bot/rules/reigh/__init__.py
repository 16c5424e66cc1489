"""One diagnosis of the queue in Supabase per module, named as its rule."""
