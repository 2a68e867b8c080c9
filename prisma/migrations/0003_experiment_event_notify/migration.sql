-- Tells whoever follows an experiment that it has a new event. The event itself is read from its table: nothing is lost where nobody listens.
CREATE FUNCTION notify_experiment_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('experiment_event', NEW.experiment_id::text);
  RETURN NULL;
END
$$;

CREATE TRIGGER experiment_event_notify AFTER INSERT ON experiment_event
  FOR EACH ROW EXECUTE FUNCTION notify_experiment_event();
